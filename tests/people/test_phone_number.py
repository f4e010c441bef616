"""Which numbers can receive a text message."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from idp.messages.recipient import mask_phone, show_phone
from idp.people.phone_number import PhoneNumber, example, normalise_phone
from idp.wording import Text

COUNTRIES = ("CH", "LI", "FR", "DE", "IT", "AT")


@pytest.mark.parametrize(
    ("typed", "e164"),
    [
        ("+41 79 123 45 67", "+41791234567"),
        ("0041791234567", "+41791234567"),
        ("079 123 45 67", "+41791234567"),
        ("079/123.45.67", "+41791234567"),
        ("+41 (0)79 123 45 67", "+41791234567"),
        ("\u00a0079\u00a0123\u00a045\u00a067", "+41791234567"),
        ("079\u202f123\u202f45\u202f67", "+41791234567"),
        ("079\u2009123\u200945\u200967\ufeff", "+41791234567"),
        ("+41\t79 123 45 67", "+41791234567"),
        ("+33 6 12 34 56 78", "+33612345678"),
        ("0033 6 12 34 56 78", "+33612345678"),
        ("+49 1512 3456789", "+4915123456789"),
        ("+39 347 123 4567", "+393471234567"),
    ],
)
def test_people_may_write_a_number_their_way(typed: str, e164: str) -> None:
    """A-36, C-21"""
    number = normalise_phone(typed, COUNTRIES)

    assert isinstance(number, PhoneNumber)
    assert number.e164 == e164


def test_a_number_without_prefix_is_of_the_first_country() -> None:
    """A-36"""
    number = normalise_phone("06 12 34 56 78", ("FR", "CH"))

    assert isinstance(number, PhoneNumber)
    assert (number.e164, number.shown, number.country) == ("+33612345678", "+33 6 12 34 56 78", "FR")


@pytest.mark.parametrize(
    ("typed", "reason"),
    [
        ("", "Enter your mobile number."),
        ("   ", "Enter your mobile number."),
        ("079 123", "This is not a complete phone number. Example: %(example)s."),
        ("pas de téléphone", "This is not a complete phone number. Example: %(example)s."),
        ("9" * 100_000, "This is not a complete phone number. Example: %(example)s."),
        ("021 613 35 67", "This number cannot receive text messages. Example: %(example)s."),
        ("+1 202 555 0123", "We can only send text messages to numbers starting with: %(prefixes)s."),
        ("+44 7911 123456", "We can only send text messages to numbers starting with: %(prefixes)s."),
        ("+262 692 12 34 56", "We can only send text messages to numbers starting with: %(prefixes)s."),
    ],
)
def test_a_number_that_cannot_be_used_gets_its_reason(typed: str, reason: str) -> None:
    """A-36, P10, P11, P61"""
    refused = normalise_phone(typed, COUNTRIES)

    assert isinstance(refused, Text)
    assert refused.msgid == reason


def test_the_refusal_lists_the_allowed_prefixes() -> None:
    """P10"""
    refused = normalise_phone("+1 202 555 0123", COUNTRIES)

    assert isinstance(refused, Text)
    assert refused.values == {"prefixes": "+33, +39, +41, +423, +43, +49"}


@given(st.text(max_size=300))
def test_any_text_is_a_number_or_a_reason(typed: str) -> None:
    assert isinstance(normalise_phone(typed, COUNTRIES), PhoneNumber | Text)


@given(st.from_regex(r"\A0?7[6-9][ ]?[0-9]{3}[ ]?[0-9]{2}[ ]?[0-9]{2}\Z"))
def test_the_stored_and_the_shown_form_are_the_same_number(typed: str) -> None:
    number = normalise_phone(typed, COUNTRIES)

    if isinstance(number, PhoneNumber):
        assert normalise_phone(number.e164, COUNTRIES) == normalise_phone(number.shown, COUNTRIES) == number


@pytest.mark.parametrize(
    ("e164", "masked"),
    [
        ("+41791234567", "+41 79 ••• •• 67"),
        ("+33612345678", "+33 6 •• •• •• 78"),
        ("+4915123456789", "+49 1512 •••••89"),
        ("", ""),
    ],
)
def test_a_masked_number_shows_its_prefix_and_two_digits(e164: str, masked: str) -> None:
    assert mask_phone(e164) == masked


def test_examples_are_numbers_that_would_be_accepted() -> None:
    for country in COUNTRIES:
        assert isinstance(normalise_phone(example(country), COUNTRIES), PhoneNumber)


def test_a_stored_number_is_shown_in_groups() -> None:
    assert show_phone("+41791234567") == "+41 79 123 45 67"
