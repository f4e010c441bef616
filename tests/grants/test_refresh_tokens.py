"""The text of refresh tokens: derived, recognised without a history, and through a change of keys."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from idp.grants import refresh_tokens
from idp.grants.refresh_tokens import RefreshToken
from idp.sealing import Sealer

OLD = {"old": b"o" * 32}
NEW = {"new": b"n" * 32, **OLD}
sealer = Sealer(OLD, "old")
FIRST = refresh_tokens.first(sealer, "family-1")


def test_a_token_reads_back_as_it_was_written() -> None:
    assert refresh_tokens.parse(FIRST.text) == FIRST


def test_a_successor_is_always_the_same_and_never_its_parent() -> None:
    follower = refresh_tokens.successor(sealer, FIRST)

    assert follower == refresh_tokens.successor(sealer, FIRST)
    assert follower.family_id == FIRST.family_id
    assert follower.secret != FIRST.secret
    assert refresh_tokens.successor(sealer, follower) != follower


def test_a_successor_is_found_again_after_the_key_was_changed() -> None:
    follower = refresh_tokens.successor(sealer, FIRST)

    rotated = Sealer(NEW, "new")

    assert refresh_tokens.issued_successor(rotated, FIRST, follower.fingerprint) == follower
    assert refresh_tokens.successor(rotated, FIRST) != follower


def test_another_stored_token_is_not_the_successor() -> None:
    other = refresh_tokens.successor(sealer, refresh_tokens.first(sealer, "family-1"))

    assert refresh_tokens.issued_successor(sealer, FIRST, other.fingerprint) is None


def test_a_genuine_token_is_recognised_under_every_known_key() -> None:
    assert refresh_tokens.is_genuine(sealer, FIRST)
    assert refresh_tokens.is_genuine(Sealer(NEW, "new"), FIRST)
    assert not refresh_tokens.is_genuine(Sealer({"new": b"n" * 32}, "new"), FIRST)


@pytest.mark.parametrize(
    "token",
    [
        RefreshToken("family-2", FIRST.secret, FIRST.tag),
        RefreshToken(FIRST.family_id, "invented", FIRST.tag),
        RefreshToken(FIRST.family_id, FIRST.secret, "invented"),
        RefreshToken(FIRST.family_id, FIRST.secret, ""),
    ],
)
def test_an_invented_token_is_not_genuine(token: RefreshToken) -> None:
    assert not refresh_tokens.is_genuine(sealer, token)


def test_the_id_of_the_key_stays_at_home() -> None:
    assert "old" not in FIRST.text


@given(st.text())
def test_any_text_can_be_parsed_or_not(text: str) -> None:
    token = refresh_tokens.parse(text)

    assert token is None or not refresh_tokens.is_genuine(sealer, token)
