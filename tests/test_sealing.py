"""Digests and sealed values: nothing opens with the wrong key, purpose or context."""

from base64 import urlsafe_b64decode

import pytest
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from hypothesis import given
from hypothesis import strategies as st

from idp.sealing import CannotOpen, Sealer
from keys import sealing

OLD, NEW = b"o" * 32, b"n" * 32


@pytest.fixture
def sealer() -> Sealer:
    return Sealer({"new": NEW, "old": OLD}, "new")


def test_what_was_sealed_opens_again(sealer: Sealer) -> None:
    sealed = sealer.seal("totp", b"secret", context="row-1")

    assert sealer.open("totp", sealed, context="row-1") == b"secret"


@pytest.mark.parametrize(("purpose", "context"), [("other", "row-1"), ("totp", "row-2")])
def test_a_sealed_value_opens_only_where_it_belongs(sealer: Sealer, purpose: str, context: str) -> None:
    sealed = sealer.seal("totp", b"secret", context="row-1")

    with pytest.raises(CannotOpen):
        sealer.open(purpose, sealed, context=context)


@given(st.text())
def test_any_text_that_was_not_sealed_is_refused_and_nothing_else(garbage: str) -> None:
    with pytest.raises(CannotOpen):
        Sealer({"new": NEW}, "new").open("totp", garbage)


def test_values_of_an_older_key_keep_working_after_a_rotation(sealer: Sealer) -> None:
    before = Sealer({"old": OLD}, "old")
    sealed, digest = before.seal("totp", b"secret"), before.digest("code", "482913")

    assert sealer.open("totp", sealed) == b"secret"
    assert sealer.matches(digest, "code", "482913")
    assert digest in sealer.digests("code", "482913")
    assert not sealed.startswith(sealer.sealed_prefix)


def test_a_sealed_value_says_in_which_format_it_is(sealer: Sealer) -> None:
    """ASVS 11.2.2: the cipher can be replaced, since every value names its own"""
    kid, _, body = sealer.seal("totp", b"secret").partition(".")

    assert kid == "new"
    assert body.startswith(sealing.MARK)


@pytest.mark.parametrize("mark", ["~", "~~~", "~~~~~", "!!!!", "~~~~~~~~"])
def test_a_value_in_an_unknown_format_does_not_open(sealer: Sealer, mark: str) -> None:
    sealed = sealer.seal("totp", b"secret").replace(sealing.MARK, mark)

    with pytest.raises(CannotOpen):
        sealer.open("totp", sealed)


def test_a_value_of_before_the_formats_opens_and_asks_to_be_sealed_anew(sealer: Sealer) -> None:
    sealed = sealer.seal("totp", b"secret")
    before = sealed.replace(sealing.MARK, "")

    assert sealer.open("totp", before) == b"secret"
    assert not before.startswith(sealer.sealed_prefix)
    assert sealed.startswith(sealer.sealed_prefix)


@given(st.binary(max_size=40))
def test_the_previous_version_opens_what_this_one_seals(plaintext: bytes) -> None:
    """Both serve during an upgrade. Its way of reading base64 is quoted here: it skips the mark."""
    body = sealing.seal(NEW, plaintext, context=b"", nonce=b"n" * 12)

    raw = urlsafe_b64decode(body + "=" * (-len(body) % 4))

    assert AESGCM(NEW).decrypt(raw[:12], raw[12:], b"") == plaintext


def test_a_digest_under_a_key_that_is_gone_matches_nothing(sealer: Sealer) -> None:
    """Rulings 22: a stored value never makes an error out of a forgotten key"""
    assert not sealer.matches(Sealer({"gone": b"g" * 32}, "gone").digest("code", "482913"), "code", "482913")
    assert not sealer.matches("", "code", "482913")


def test_a_sealer_without_its_active_key_is_none() -> None:
    with pytest.raises(ValueError, match="the active key 'gone' is not among"):
        Sealer({"new": NEW}, "gone")


def test_the_parts_of_a_digest_cannot_run_together(sealer: Sealer) -> None:
    assert sealer.digest("code", "ab", "c") != sealer.digest("code", "a", "bc")
    assert sealer.digest("code", "a") != sealer.digest("link", "a")
