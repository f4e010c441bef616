"""Fields take any text of any length and answer with a value or with words."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date

import pytest
from flask import Flask, request
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from flows.engine import forms, page_request, runs
from flows.engine.forms import Form
from flows.engine.run import Run
from flows.login import LOGIN
from flows.shared import fields
from idp.people.birth_date import BirthDate, PartialDate
from idp.people.email_address import Email
from idp.people.phone_number import PhoneNumber
from idp.provider import Provider
from idp.wording import Text, text


@dataclass(frozen=True)
class Everything(Form):
    line: str = forms.line()
    email: Email = fields.email()
    phone: PhoneNumber = fields.phone()
    code: str = forms.code()
    password: str = forms.password()
    box: bool = forms.checkbox(required=text("Tick it."))
    choice: str = forms.choice(lambda _run: {"a": "A", "b": "B"})
    day: date = fields.day()


@dataclass(frozen=True)
class Nothing(Form):
    line: str = forms.line(required=False)
    email: Email | None = fields.email(required=False)
    phone: PhoneNumber | None = fields.phone(required=False)
    box: bool = forms.checkbox()
    choice: str = forms.choice(lambda _run: {"a": "A"}, required=lambda _run: False)
    day: date | None = fields.day(required=False)


@pytest.fixture
def run(app: Flask, provider: Provider) -> Iterator[Run]:
    with app.test_request_context("/login?portal=e-services"), provider.database.reading() as tx:
        found = runs.fresh(provider, LOGIN, tx, page_request.read(provider, request))
        assert isinstance(found, Run)
        yield found


RIGHT = {
    "line": "  Anne   Rochat ",
    "email": " Anne.Rochat@Example.CH ",
    "phone": "079 123 45 67",
    "code": " 123 456 ",
    "password": " with blanks ",
    "box": "yes",
    "choice": "b",
    "day": "16.07.1956",
}

ODD = [
    "\0",
    "a\0b",
    "😀" * 50,
    "\u202eevil",
    "\ud800",
    "x" * 100_000,
    "é" * 300,
    " \u00a0\u200b ",
    "٣٤٥",
    "a@" + "b" * 300,
]


def test_right_values_are_parsed(run: Run) -> None:
    typed = forms.parse(Everything, RIGHT, run)

    assert typed.errors == {}
    assert isinstance(typed.form, Everything)
    assert typed.form.line == "Anne Rochat"
    assert typed.form.email.key == "anne.rochat@example.ch"
    assert typed.form.phone.e164 == "+41791234567"
    assert typed.form.password == " with blanks "
    assert typed.form.choice == "b"
    assert typed.form.day == date(1956, 7, 16)


def test_empty_fields_are_named_one_by_one(run: Run) -> None:
    """A-23"""
    typed = forms.parse(Everything, {}, run)

    assert typed.form is None
    assert set(typed.errors) == set(forms.fields_of(Everything))


def test_what_is_not_required_may_be_left_out(run: Run) -> None:
    assert forms.parse(Nothing, {}, run).form == Nothing("", None, None, False, "", None)


def test_secrets_are_never_kept(run: Run) -> None:
    """A-23, law 6"""
    kept = forms.parse(Everything, {**RIGHT, "line": ""}, run).kept

    assert "password" not in kept
    assert "code" not in kept
    assert kept["email"] == " Anne.Rochat@Example.CH "


@pytest.mark.parametrize("odd", ODD, ids=ascii)
@pytest.mark.parametrize("name", forms.fields_of(Everything))
def test_odd_texts_never_fail(run: Run, name: str, odd: str) -> None:
    """X-06, X-08: 0, 1 and 10⁵ characters, NUL, emoji, right-to-left marks, lone surrogates"""
    typed = forms.parse(Everything, {**RIGHT, name: odd}, run)

    assert typed.form is not None or set(typed.errors) == {name}
    assert len(typed.kept.get(name, "")) <= forms.LONGEST


@settings(max_examples=200, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(submitted=st.dictionaries(st.sampled_from(sorted(RIGHT)), st.text(max_size=400)))
def test_any_submission_is_read(run: Run, submitted: dict[str, str]) -> None:
    typed = forms.parse(Everything, submitted, run)

    assert (typed.form is None) == bool(typed.errors)
    assert all(isinstance(error, Text) for error in typed.errors.values())


@pytest.mark.parametrize("written", ["16.07.1956", "16/7/1956", "1956-07-16", " 16. 7. 1956 "])
def test_a_day_is_understood_as_people_write_it(run: Run, written: str) -> None:
    typed = forms.parse(Nothing, {"day": written}, run)

    assert isinstance(typed.form, Nothing)
    assert typed.form.day == date(1956, 7, 16)


@pytest.mark.parametrize("written", ["31.02.2000", "16.07.56", "07/1956", "0.0.0000", "99999.1.1", "१६.०७.१९५६"])
def test_what_is_no_day_is_refused(run: Run, written: str) -> None:
    assert set(forms.parse(Nothing, {"day": written}, run).errors) == {"day"}


@pytest.mark.parametrize(
    ("written", "said"),
    [
        ("31.02.1961", "This date does not exist. Check the day and the month."),
        ("16.13.1961", "This date does not exist. Check the day and the month."),
        ("16.07.61", "Enter the year with four digits."),
        ("July", "Enter the date like this: 16.07.1956."),
    ],
)
def test_the_answer_names_the_fault_of_a_date(run: Run, written: str, said: str) -> None:
    assert forms.parse(Nothing, {"day": written}, run).errors == {"day": text(said)}


@dataclass(frozen=True)
class Born(Form):
    profile: BirthDate | None = fields.birth_date(required=False)
    knowledge: date | None = fields.day(required=False)


@pytest.mark.parametrize(
    ("typed", "born"),
    [("1957", PartialDate(1957)), ("03.1957", PartialDate(1957, 3)), ("00.00.1957", PartialDate(1957))],
)
def test_a_birth_date_may_be_given_as_far_as_it_is_known_but_not_as_a_knowledge(
    run: Run, typed: str, born: PartialDate
) -> None:
    assert forms.parse(Born, {"profile": typed}, run).form == Born(born, None)
    assert forms.parse(Born, {"knowledge": typed}, run).errors == {"knowledge": fields.WHOLE_DATE}


def test_a_birth_date_of_the_future_is_refused(run: Run) -> None:
    assert forms.parse(Born, {"profile": "01.01.2999"}, run).errors == {"profile": text("This date is in the future.")}
