"""Keys of clients: parsed once, fetched when needed, and never in a loop."""

from collections.abc import Callable

import msgspec
import pytest

from idp import jose
from idp.clients.client import Client
from idp.clients.client_keys import ClientKeys
from idp.outbound.client import OutboundBusy, Recipient
from tests.support.clock import MovableClock

OLD, NEW = jose.generate("ES256", "old"), jose.generate("ES256", "new")
CLIENT = Client(client_id="c", client_name="C", jwks_uri="https://c.example/jwks.json")


class Address:
    """The client's key set on the network."""

    def __init__(self, *keys: jose.Key) -> None:
        self.keys = keys
        self.asked = 0
        self.down = False
        self.busy = False

    def __call__(self, url: str, recipient: Recipient) -> bytes:
        self.asked += 1
        if self.busy:
            raise OutboundBusy("as many calls as allowed are under way", 1)
        if self.down:
            raise OSError("no route")
        return msgspec.json.encode({"keys": [key.as_dict(private=False) for key in self.keys]})


def kids(keys: ClientKeys, kid: str | None = None) -> list[object]:
    return [key.kid for key in keys.of(CLIENT, kid)]


def test_a_key_set_is_fetched_once_an_hour(clock: MovableClock) -> None:
    address = Address(OLD)
    keys = ClientKeys(address, clock)
    for _ in range(5):
        assert kids(keys, "old") == ["old"]
    assert address.asked == 1
    clock.forward(minutes=61)

    kids(keys, "old")

    assert address.asked == 2


def test_an_unknown_key_makes_it_look_again(clock: MovableClock) -> None:
    """RP key rotation (Dynamic OP): refetch on an unknown kid."""
    address = Address(OLD)
    keys = ClientKeys(address, clock)
    kids(keys)
    address.keys = (OLD, NEW)
    clock.forward(seconds=60)

    assert kids(keys, "new") == ["old", "new"]


def test_nobody_can_make_us_fetch_in_a_loop(clock: MovableClock) -> None:
    address = Address(OLD)
    keys = ClientKeys(address, clock)
    for number in range(20):
        kids(keys, f"invented-{number}")

    assert address.asked == 1


def test_the_last_good_set_stays_while_the_address_is_down(clock: MovableClock) -> None:
    address = Address(OLD)
    keys = ClientKeys(address, clock)
    kids(keys)
    address.down = True
    clock.forward(hours=2)

    assert kids(keys) == ["old"]


def test_an_address_that_was_down_is_asked_again_soon(clock: MovableClock) -> None:
    address = Address(OLD)
    keys = ClientKeys(address, clock)
    address.down = True
    assert kids(keys) == []
    assert kids(keys) == []
    assert address.asked == 1
    address.down = False
    clock.forward(seconds=10)

    assert kids(keys) == ["old"]


def test_while_the_address_may_not_be_asked_known_keys_are_used_and_nobody_waits(clock: MovableClock) -> None:
    address = Address(OLD)
    keys = ClientKeys(address, clock)
    kids(keys)
    address.busy = True
    clock.forward(hours=2)

    assert kids(keys, "old") == ["old"]
    with pytest.raises(OutboundBusy):
        kids(keys, "new")


def test_a_client_that_moves_its_keys_leaves_the_old_ones_behind(clock: MovableClock) -> None:
    address = Address(OLD)
    keys = ClientKeys(address, clock)
    kids(keys)
    address.down = True

    assert keys.of(msgspec.structs.replace(CLIENT, jwks_uri="https://c.example/other.json")) == ()


@pytest.mark.parametrize("made", [lambda k: {"keys": [k]}, lambda k: {"keys": [{"kty": "new"}, k]}])
def test_keys_in_the_file_need_no_network(clock: MovableClock, made: Callable[[object], dict[str, object]]) -> None:
    address = Address()
    keys = ClientKeys(address, clock)
    client = msgspec.structs.replace(CLIENT, jwks_uri="", jwks=made(OLD.as_dict(private=False)))

    assert [key.kid for key in keys.of(client)] == ["old"]
    assert keys.of(client)[0] is keys.of(client)[0]
    assert address.asked == 0


def test_a_client_without_keys_has_none(clock: MovableClock) -> None:
    assert ClientKeys(Address(OLD), clock).of(msgspec.structs.replace(CLIENT, jwks_uri="")) == ()
