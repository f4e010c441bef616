"""Form fields for names, addresses, numbers and birth dates, by the rules of `idp.people`."""

from collections.abc import Mapping
from datetime import date
from typing import Literal, overload

from flows.engine.forms import EMPTY, LONGEST, InvalidValue, Required, check, field, valid
from flows.engine.run import Run
from idp.people import birth_date as birth_dates
from idp.people.birth_date import BirthDate, PartialDate
from idp.people.email_address import MAX_TYPED, Email, normalise_email
from idp.people.person_name import LONGEST_NAME, read_name
from idp.people.phone_number import PhoneNumber, normalise_phone
from idp.wording import Text, text

WHOLE_DATE = text("Enter the date like this: 16.07.1956.")
NO_DATE: Mapping[birth_dates.Problem, Text] = {
    "short-year": text("Enter the year with four digits."),
    "no-such-day": text("This date does not exist. Check the day and the month."),
    "future": text("This date is in the future."),
}
"""The answer to each fault of a date; to any other one it shows the form."""


def name(*, required: Required = True, missing: Text = EMPTY) -> str:
    """Return a name of a person, by the one rule of `idp.people.person_name`. Empty: `""`."""

    def read(raw: str, run: Run) -> str:
        value = valid(read_name(raw))
        check(value, run, required, LONGEST_NAME, missing)
        return value

    return field(read)


@overload
def email(*, required: Literal[True] = True) -> Email: ...
@overload
def email(*, required: Required) -> Email | None: ...
def email(*, required: Required = True) -> Email | None:
    """Return an `idp.people.email_address.Email`; None where nothing need be given."""

    def read(raw: str, run: Run) -> Email | None:
        value = raw.strip()
        check(value, run, required, MAX_TYPED, text("Enter your email address."))
        return valid(normalise_email(value)) if value else None

    return field(read)


@overload
def phone(*, required: Literal[True] = True) -> PhoneNumber: ...
@overload
def phone(*, required: Required) -> PhoneNumber | None: ...
def phone(*, required: Required = True) -> PhoneNumber | None:
    """Return an `idp.people.phone_number.PhoneNumber` that can receive SMS; None where nothing need be given."""

    def read(raw: str, run: Run) -> PhoneNumber | None:
        value = raw.strip()
        check(value, run, required, LONGEST, text("Enter your mobile number."))
        return valid(normalise_phone(value, countries(run))) if value else None

    return field(read)


def countries(run: Run) -> tuple[str, ...]:
    """Return where a typed number may be from, the portal's own country first."""
    allowed = run.provider.settings.sms.countries
    return tuple(sorted(allowed, key=lambda country: country != run.brand.country))


@overload
def birth_date(*, required: Literal[True] = True) -> BirthDate: ...
@overload
def birth_date(*, required: Required) -> BirthDate | None: ...
def birth_date(*, required: Required = True) -> BirthDate | None:
    """Return a birth date, whole or as far as it is known (`1957`, `03.1957`); None where nothing need be given."""

    return field(lambda raw, run: _birth_date(raw, run, required))


@overload
def day(*, required: Literal[True] = True) -> date: ...
@overload
def day(*, required: Required) -> date | None: ...
def day(*, required: Required = True) -> date | None:
    """Return a whole birth date, asked as a secret question: the year alone is not enough."""

    def read(raw: str, run: Run) -> date | None:
        found = _birth_date(raw, run, required)
        if isinstance(found, PartialDate):
            raise InvalidValue(WHOLE_DATE)
        return found if isinstance(found, date) else None

    return field(read)


def _birth_date(raw: str, run: Run, required: Required) -> BirthDate | None:
    value = raw.strip()
    check(value, run, required, LONGEST, text("Enter the date."))
    found = birth_dates.read(value, today=run.provider.clock.now().date()) if value else None
    if isinstance(found, str):
        raise InvalidValue(NO_DATE.get(found, WHOLE_DATE))
    return found
