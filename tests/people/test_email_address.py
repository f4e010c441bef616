"""What counts as the same mailbox."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from idp.messages.recipient import mask_email
from idp.people.email_address import Email, email_key, normalise_email
from idp.wording import Text, text


@pytest.mark.parametrize(
    "typed",
    [
        "anne.rochat@example.ch",
        " anne.rochat@example.ch ",
        "\tAnne.Rochat@EXAMPLE.CH\u00a0",
        "\u200banne.rochat@example.ch\ufeff",
        "ANNE.ROCHAT@example.ch",
    ],
)
def test_blanks_and_case_do_not_make_another_mailbox(typed: str) -> None:
    """X-08, P29"""
    assert email_key(typed) == "anne.rochat@example.ch"


def test_a_comma_for_a_dot_is_named() -> None:
    """X-08"""
    comma = "There is a comma in this email address. Write a dot instead."

    assert normalise_email("anne@bluewin,ch") == text(comma)
    assert normalise_email("anne@bluewin.ch, paul@bluewin.ch") != text(comma)


def test_the_address_is_kept_as_typed_and_its_domain_in_lower_case() -> None:
    assert normalise_email("Anne.Rochat@Example.CH") == Email("Anne.Rochat@example.ch", "anne.rochat@example.ch")


def test_a_domain_in_letters_and_its_ascii_form_are_one_mailbox() -> None:
    assert email_key("anne@zürich.ch") == email_key("anne@xn--zrich-kva.ch") == "anne@xn--zrich-kva.ch"


def test_full_width_letters_of_the_domain_are_the_plain_ones() -> None:
    assert email_key("anne@ｅｘａｍｐｌｅ.ch") == "anne@example.ch"


@pytest.mark.parametrize(
    "typed",
    [
        "",
        "   ",
        "anne",
        "anne@",
        "@example.ch",
        "anne@localhost",
        "anne@[192.0.2.1]",
        "anne@@example.ch",
        "anne..rochat@example.ch",
        "anne@example.ch, paul@example.ch",
        "Anne <anne@example.ch>",
        "anne\x00@example.ch",
        "anne@example.ch\r\nBcc: paul@example.ch",
        "änne@example.ch",
        "anne@" + "a" * 100_000 + ".ch",
        "🙂" * 1000,
        "\ud800@example.ch",
    ],
)
def test_what_is_no_address_gets_a_reason_and_never_an_error(typed: str) -> None:
    assert isinstance(normalise_email(typed), Text)
    assert email_key(typed) == ""


def test_different_local_parts_stay_different() -> None:
    """Neither dots nor tags are folded: other providers treat them as other mailboxes."""
    keys = {email_key(typed) for typed in ("anne@example.ch", "an.ne@example.ch", "anne+x@example.ch")}

    assert len(keys) == 3


@given(st.text(max_size=400))
def test_any_text_is_an_address_or_a_reason(typed: str) -> None:
    assert isinstance(normalise_email(typed), Email | Text)


@given(st.emails(), st.sampled_from(["", " ", "\t\u00a0", "\u200b"]))
def test_normalising_again_changes_nothing(typed: str, blank: str) -> None:
    once = normalise_email(blank + typed + blank)

    if isinstance(once, Email):
        assert normalise_email(once.address) == once
        assert email_key(once.key) == once.key


@pytest.mark.parametrize(
    ("address", "masked"),
    [("francois@bluewin.ch", "f•••@bluewin.ch"), ("f@bluewin.ch", "f•••@bluewin.ch"), ("", "")],
)
def test_a_masked_address_shows_one_letter_and_the_domain(address: str, masked: str) -> None:
    assert mask_email(address) == masked
