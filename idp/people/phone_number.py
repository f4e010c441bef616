"""Which numbers can receive a text message, and their one spelling: E.164."""

from dataclasses import dataclass

from idp.wording import Text


@dataclass(frozen=True)
class PhoneNumber:
    """`e164` (`+41791234567`) is stored and sent to; `shown` (`+41 79 123 45 67`) is for people; `country` ISO 3166."""

    e164: str
    shown: str
    country: str


def normalise_phone(typed: str, countries: tuple[str, ...]) -> PhoneNumber | Text:
    """The mobile number meant by what somebody typed, or the reason why it cannot be used.

    `countries` are the allowed ones (`settings.sms.countries`); a number without prefix is of the first (A-36).
    """
    raise NotImplementedError


def mask_phone(e164: str) -> str:
    """`+41 79 ••• •• 67`."""
    raise NotImplementedError
