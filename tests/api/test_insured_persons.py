"""A program fills the register of a fund, to whose people letters go."""

from datetime import date
from typing import Any

import pytest

from idp.audit.log import AuditEvent
from idp.people import insured
from idp.people.insured import InsuredDetails
from idp.provider import Provider
from tests.support.parallel import in_parallel
from tests.support.programs import Program, problem
from tests.support.tokens import good

PATH = "/funds/AK00/insured-persons"
ROSA = {
    "number": "4711",
    "given_name": "Rosa",
    "family_name": "Keller",
    "birth_date": "1957-03-24",
    "language": "fr",
    "address": ["Rue du Lac 12"],
    "postal_code": "1800",
    "locality": "Vevey",
}


def asked(*persons: dict[str, Any]) -> dict[str, Any]:
    return {"persons": list(persons), "reason": "register of 1 June"}


def registered(provider: Provider, *numbers: str) -> dict[str, InsuredDetails]:
    with provider.database.reading() as tx:
        return insured.by_numbers(tx, "AK00", numbers)


@pytest.mark.both_databases
def test_a_program_registers_people_and_writes_to_them(program: Program, provider: Provider) -> None:
    assert good(program.post(PATH, asked(ROSA, {**ROSA, "number": "4712"}))) == {"created": 2, "updated": 0}

    found = registered(provider, "4711")["4711"].particulars
    assert (found.given_name, found.birth_date) == ("Rosa", date(1957, 3, 24))
    assert found.address == ("Rue du Lac 12", "1800 Vevey")
    assert good(program.post(PATH, asked({**ROSA, "family_name": "Meier"}))) == {"created": 0, "updated": 1}
    assert registered(provider, "4711")["4711"].particulars.family_name == "Meier"
    with provider.database.reading() as tx:
        told = tx.session.query(AuditEvent).filter_by(name="ImportFinished").all()
    assert [(each.actor, each.details["reason"]) for each in told] == [
        ("client:fund-software", "register of 1 June")
    ] * 2
    issued = program.post("/funds/AK00/letters", {"numbers": ["4711"], "reason": "first wave"})
    assert [each["number"] for each in issued.get_json()["letters"]] == ["4711"]


def test_every_faulty_row_is_named_and_then_nothing_is_stored(program: Program, provider: Provider) -> None:
    rows = [ROSA, {**ROSA, "number": "2", "birth_date": "31.02.1957"}, {**ROSA, "number": "3", "language": "xx"}, ROSA]

    found = problem(
        program.post(PATH, asked(*rows, {**ROSA, "number": "5", "address": ["Gare 1", "a\u0001b"]})), "invalid", 422
    )

    assert [each["pointer"] for each in found["errors"]] == [
        "#/persons/1/birth_date",
        "#/persons/2/language",
        "#/persons/3/number",
        "#/persons/4/address/1",
    ]
    assert registered(provider, "4711", "2", "3", "5") == {}


@pytest.mark.parametrize("town", [{}, {"locality": " "}], ids=["left out", "blank"])
def test_an_address_without_a_town_is_refused_and_the_known_one_stays(
    program: Program, provider: Provider, town: dict[str, str]
) -> None:
    good(program.post(PATH, asked(ROSA)))
    row = {name: value for name, value in ROSA.items() if name not in {"locality", "postal_code"}} | town

    found = problem(program.post(PATH, asked(row)), "invalid", 422)

    assert [each["pointer"] for each in found["errors"]] == ["#/persons/0/locality"]
    assert registered(provider, "4711")["4711"].particulars.address == ("Rue du Lac 12", "1800 Vevey")
    assert good(program.post(PATH, asked({**row, "address": []}))) == {"created": 0, "updated": 1}


def test_the_register_of_another_fund_and_a_program_without_the_right_are_refused(
    program: Program, provider: Provider
) -> None:
    assert program.post("/funds/AK02/insured-persons", asked(ROSA)).status_code == 404
    program.take_token("letters:write")
    assert program.post(PATH, asked(ROSA)).status_code == 403
    assert registered(provider, "4711") == {}


@pytest.mark.both_databases
def test_the_same_people_at_the_same_moment_stand_in_the_register_once(program: Program, provider: Provider) -> None:
    program.take_token()
    answers = in_parallel(*[lambda: program.post(PATH, asked(ROSA)).status_code for _ in range(4)])

    assert set(answers) <= {200, 409}
    assert 200 in answers
    assert len(registered(provider, "4711")) == 1


@pytest.mark.both_databases
def test_programs_that_write_the_same_people_in_another_order_do_not_wait_for_each_other(
    program: Program, provider: Provider
) -> None:
    numbers = [str(number) for number in range(200)]
    rows = [{**ROSA, "number": number} for number in numbers]
    program.take_token()

    def written(rows: list[dict[str, Any]]) -> int:
        return program.post(PATH, asked(*rows)).status_code

    new = in_parallel(lambda: written(rows), lambda: written(rows[::-1]))
    changed = [in_parallel(lambda: written(rows), lambda: written(rows[::-1])) for _ in range(3)]

    assert set(new) <= {200, 409}
    assert changed == [[200, 200]] * 3
    assert len(registered(provider, *numbers)) == 200
