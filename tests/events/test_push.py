"""Events are pushed at least once, and a receiver that fails harms itself only (RFC 8935)."""

import pytest
from flask import Flask

from idp.actions import disabling
from idp.actions.actor import Actor
from idp.clients.subscriptions import EventStream
from idp.events import kept_events
from idp.provider import Provider
from idp.upkeep import chores, diagnosis, retention
from tests.support.clients import SECRET_VARIABLE, SHARED_SECRET, bend
from tests.support.clock import MovableClock
from tests.support.event_receiver import EVERY, EventReceiver, content_of, name_of, receiving
from tests.support.worker import deliver

VERIFICATION = "https://schemas.openid.net/secevent/ssf/event-type/verification"


def disable(provider: Provider, person_id: str) -> None:
    with provider.database.transaction() as tx:
        disabling.disable(tx, person_id, by=Actor.clerk("anna"), reason="test")


def answer(receiver: EventReceiver, status: int, body: bytes = b"{}") -> None:
    assert receiver.served is not None
    receiver.served.status, receiver.served.body = status, body


@pytest.mark.both_databases
def test_a_receiver_that_is_down_for_a_weekend_hears_the_same_event(
    app: Flask, provider: Provider, receiver: EventReceiver, person: str, clock: MovableClock
) -> None:
    """RFC 8935 §2, RFC 8417 §2.2: the `jti` and `iat` of the event, whenever it is sent"""
    deliver(app)
    receiver.sign_in(person)
    answer(receiver, 503)
    disable(provider, person)
    for _ in range(60):
        deliver(app)
        clock.forward(hours=1)
    failed = {claims["jti"]: claims["iat"] for claims in receiver.heard("account-disabled")}

    answer(receiver, 202)
    clock.forward(hours=1)
    deliver(app)
    deliver(app)

    last = receiver.heard("account-disabled")[-1]
    assert failed == {last["jti"]: last["iat"]}


def test_the_doctor_names_the_receiver_that_fails(
    app: Flask, provider: Provider, receiver: EventReceiver, person: str
) -> None:
    receiver.sign_in(person)
    answer(receiver, 503)
    disable(provider, person)

    deliver(app)

    found = [each.reason for each in diagnosis.recipients(provider)]
    assert len(found) == 1
    assert found[0].startswith("security_event of basic:")
    assert "answered 503" in found[0]


def test_a_receiver_that_fails_holds_up_no_other(app: Flask, provider: Provider, person: str) -> None:
    with receiving(app) as broken, receiving(app, "pairwise") as sound:
        for receiver in (broken, sound):
            receiver.sign_in(person)
        answer(broken, 500)

        disable(provider, person)
        deliver(app)

        assert len(sound.heard("account-disabled")) == 1


@pytest.mark.parametrize(("error", "tries"), [("invalid_state", 1), ("authentication_failed", 2)])
def test_an_event_that_is_refused_is_sent_again_if_that_may_help(
    app: Flask,
    provider: Provider,
    receiver: EventReceiver,
    person: str,
    clock: MovableClock,
    error: str,
    tries: int,
) -> None:
    """RFC 8935 §2.3, §2.4, Shared Signals Framework §8.1.4.1"""
    receiver.sign_in(person)
    deliver(app)
    answer(receiver, 400, f'{{"err": "{error}", "description": "no"}}'.encode())
    disable(provider, person)

    deliver(app)
    clock.forward(minutes=10)
    deliver(app)

    assert len(receiver.heard("account-disabled")) == tries


def test_an_event_that_was_given_up_shows_with_the_doctor(
    app: Flask, provider: Provider, receiver: EventReceiver, person: str, clock: MovableClock
) -> None:
    receiver.sign_in(person)
    deliver(app)
    answer(receiver, 503)
    disable(provider, person)

    clock.forward(days=8)
    deliver(app)

    (found,) = [each.reason for each in diagnosis.event_receivers(provider)]
    assert found.startswith("basic: 2 events were not delivered")


def test_the_authorization_of_the_file_is_sent(app: Flask, provider: Provider) -> None:
    """Shared Signals Framework §6.1.1"""
    with receiving(app, authorization_env=SECRET_VARIABLE) as receiver:
        deliver(app)

        assert receiver.served is not None
        (seen,) = receiver.served.requests
        assert seen.headers["Authorization"] == SHARED_SECRET


def test_a_stream_that_pushes_begins_with_its_verification(app: Flask, receiver: EventReceiver) -> None:
    """Shared Signals Framework §8.1.4"""
    deliver(app)

    assert receiver.served is not None
    (seen,) = receiver.served.requests
    claims = receiver.verified(seen.body.decode())
    assert claims["events"] == {VERIFICATION: {}}
    assert claims["sub_id"] == {"format": "opaque", "id": receiver.stream_id}


def test_a_new_address_is_verified_anew_and_the_same_one_is_not(
    app: Flask, provider: Provider, receiver: EventReceiver
) -> None:
    deliver(app)
    assert receiver.served is not None
    stream = EventStream(types=("account-disabled",), endpoint=f"{receiver.served.url}/elsewhere")

    chores.follow_client_files(provider)
    deliver(app)
    bend(provider, "basic", events=stream)
    chores.follow_client_files(provider)
    deliver(app)

    assert [seen.path for seen in receiver.served.requests] == ["/events", "/elsewhere"]


def test_a_paused_stream_keeps_its_events_until_it_is_enabled(
    app: Flask, provider: Provider, receiver: EventReceiver, person: str
) -> None:
    """Shared Signals Framework §8.1.2: in the order in which they happened"""
    receiver.sign_in(person)
    deliver(app)
    stream = receiver.stream_id
    receiver.call("POST", "/ssf/status", {"stream_id": stream, "status": "paused"})
    disable(provider, person)
    deliver(app)
    paused = receiver.heard()

    receiver.call("POST", "/ssf/status", {"stream_id": stream, "status": "enabled"})
    deliver(app)

    assert paused == []
    assert sorted(map(name_of, receiver.heard())) == ["account-disabled", "session-revoked"]


def test_an_event_that_was_queued_before_the_pause_is_kept_too(
    app: Flask, provider: Provider, receiver: EventReceiver, person: str
) -> None:
    receiver.sign_in(person)
    deliver(app)
    disable(provider, person)
    receiver.call("POST", "/ssf/status", {"stream_id": receiver.stream_id, "status": "paused"})
    deliver(app)
    assert receiver.heard() == []

    receiver.call("POST", "/ssf/status", {"stream_id": receiver.stream_id, "status": "enabled"})
    deliver(app)

    assert len(receiver.heard()) == 2


def test_events_that_waited_for_polling_are_pushed_once_the_file_says_so(
    app: Flask, provider: Provider, poller: EventReceiver, person: str
) -> None:
    poller.sign_in(person)
    disable(provider, person)

    with receiving(app) as pushed:
        deliver(app)

        assert sorted(map(name_of, pushed.heard())) == ["account-disabled", "session-revoked"]


def test_events_that_waited_for_their_delivery_are_fetched_once_the_file_asks_for_polling(
    app: Flask, provider: Provider, receiver: EventReceiver, person: str
) -> None:
    receiver.sign_in(person)
    disable(provider, person)

    poller = EventReceiver(app)
    deliver(app)

    fetched = [name_of(claims) for claims in poller.poll()]
    assert [name for name in fetched if name in EVERY] == ["account-disabled", "session-revoked"]


def test_a_disabled_stream_keeps_nothing(app: Flask, provider: Provider, receiver: EventReceiver, person: str) -> None:
    """Shared Signals Framework §8.1.2"""
    receiver.sign_in(person)
    deliver(app)
    receiver.call("POST", "/ssf/status", {"stream_id": receiver.stream_id, "status": "disabled"})
    disable(provider, person)

    receiver.call("POST", "/ssf/status", {"stream_id": receiver.stream_id, "status": "enabled"})
    deliver(app)

    assert receiver.heard() == []


def test_a_stream_that_the_file_describes_no_more_is_forgotten(
    app: Flask, provider: Provider, poller: EventReceiver, person: str
) -> None:
    poller.sign_in(person)
    disable(provider, person)
    bend(provider, "basic", events=None)

    chores.follow_client_files(provider)

    with provider.database.reading() as tx:
        assert kept_events.of_client(tx, "basic", kept_events.STREAM, limit=9) == []


def test_a_verification_carries_the_state_of_the_receiver(app: Flask, receiver: EventReceiver) -> None:
    """Shared Signals Framework §8.1.4.2"""
    deliver(app)

    asked = receiver.call("POST", "/ssf/verification", {"stream_id": receiver.stream_id, "state": "abc"})
    deliver(app)

    assert asked.status_code == 204
    assert receiver.served is not None
    assert content_of(receiver.verified(receiver.served.requests[-1].body.decode())) == {"state": "abc"}


def test_verifications_are_a_minute_apart(receiver: EventReceiver, clock: MovableClock) -> None:
    """Shared Signals Framework §8.1.1: min_verification_interval"""
    body = {"stream_id": receiver.stream_id}
    first = receiver.call("POST", "/ssf/verification", body)

    soon = receiver.call("POST", "/ssf/verification", body)
    clock.forward(minutes=2)
    later = receiver.call("POST", "/ssf/verification", body)

    assert [first.status_code, soon.status_code, later.status_code] == [204, 429, 204]
    assert soon.headers["Retry-After"] == "60"


@pytest.mark.parametrize(("days", "left"), [(6, 2), (8, 0)])
def test_events_that_nobody_fetches_are_kept_for_a_week(
    provider: Provider, poller: EventReceiver, person: str, clock: MovableClock, days: int, left: int
) -> None:
    poller.sign_in(person)
    disable(provider, person)

    clock.forward(days=days)
    retention.purge(provider)

    with provider.database.reading() as tx:
        assert len(kept_events.of_client(tx, "basic", kept_events.STREAM, limit=9)) == left


def test_the_doctor_names_a_receiver_that_fetches_nothing(
    provider: Provider, poller: EventReceiver, person: str, clock: MovableClock
) -> None:
    poller.sign_in(person)
    disable(provider, person)

    clock.forward(days=2)

    (found,) = [each.reason for each in diagnosis.event_receivers(provider)]
    assert found.startswith("basic: 2 events wait to be fetched")
