"""Letters through the API: issued with their document, once, and followed by their reference."""

import csv
import io
from base64 import b64decode
from collections.abc import Sequence
from datetime import date
from typing import Any

import pytest
from flask import Flask

from idp.invitations import redemption
from idp.invitations.letters import print_run
from idp.invitations.letters.letter import Letter
from idp.invitations.redemption import UsableCode
from idp.people import insured
from idp.people.insured import Particulars, RegisterEntry
from idp.provider import Provider
from tests.support.clock import MovableClock
from tests.support.programs import Program, problem
from tests.support.tokens import good

ORDER = {"numbers": ["4711", "4712"], "reason": "first wave"}
LETTERS = "/funds/AK00/letters"


@pytest.fixture(autouse=True)
def register(provider: Provider) -> None:
    """Rosa and Beat have an address, Nina has none; Otto is insured at another fund."""
    address = ("Rue du Lac 12", "1800 Vevey")
    with provider.database.transaction() as tx:
        for fund, number, name, lines in (
            ("AK00", "4711", "Rosa", address),
            ("AK00", "4712", "Beat", address),
            ("AK00", "4713", "Nina", ()),
            ("AK01", "9000", "Otto", address),
        ):
            known = Particulars(given_name=name, family_name="Keller", birth_date=date(1956, 7, 16), address=lines)
            insured.store_many(tx, fund, [RegisterEntry(number, "fr", known)])


def issued(program: Program, **changes: Any) -> dict[str, Any]:
    answer = program.post(LETTERS, {**ORDER, **changes})
    assert answer.status_code == 201, answer.text
    found: dict[str, Any] = answer.get_json()
    return found


@pytest.mark.both_databases
def test_letters_come_as_a_pdf_with_their_references(program: Program) -> None:
    answer = issued(program)

    assert answer["document"]["media_type"] == "application/pdf"
    assert b64decode(answer["document"]["content"]).startswith(b"%PDF-")
    assert [each["number"] for each in answer["letters"]] == ["4711", "4712"]
    shown = good(program.get(f"{LETTERS}/{answer['letters'][0]['reference']}"))
    assert (shown["state"], shown["number"], shown["campaign"]) == ("sent", "4711", answer["campaign"])
    assert good(program.get(f"/funds/AK00/campaigns/{answer['campaign']}"))["letters"] == {"sent": 2}


def test_the_code_of_the_document_is_the_one_that_opens_a_registration(program: Program, provider: Provider) -> None:
    answer = issued(program, format="print-shop")

    headings, first, *_ = csv.reader(
        io.StringIO(b64decode(answer["document"]["content"]).decode("utf-8-sig")), delimiter=";"
    )
    line = dict(zip(headings, first, strict=True))
    with provider.database.reading() as tx:
        found = redemption.find(tx, line["code"], client_id="connect-assures")
    assert isinstance(found, UsableCode)
    assert found.code.reference == line["reference"] == answer["letters"][0]["reference"]


def test_people_without_an_address_or_with_a_valid_letter_are_left_out_with_the_reason(program: Program) -> None:
    issued(program)

    answer = issued(program, numbers=["4711", "4713", "9000"])

    assert (answer["campaign"], answer["letters"], answer["document"]) == (None, [], None)
    assert [each["reason"] for each in answer["skipped"]] == [
        "This person holds a letter that is still valid; reissue it to replace it.",
        "The register has no postal address.",
        "There is no one in the register with this number.",
    ]


def test_a_reissued_letter_ends_the_one_before(program: Program) -> None:
    first = issued(program, numbers=["4711"])["letters"][0]["reference"]

    second = issued(program, numbers=["4711"], replace=True)["letters"][0]["reference"]

    listed = good(program.get(f"{LETTERS}?number=4711"))["items"]
    assert {each["reference"]: each["state"] for each in listed} == {first: "replaced", second: "sent"}


@pytest.mark.both_databases
def test_a_repeated_order_brings_the_same_letters(program: Program) -> None:
    first, second = (program.post(LETTERS, ORDER, idempotency_key="wave-1") for _ in range(2))

    assert first.get_json() == second.get_json()
    assert len(good(program.get(LETTERS))["items"]) == 2


def test_an_order_that_nobody_gets_a_letter_of_is_repeated_too(program: Program) -> None:
    first, second = (program.post(LETTERS, {**ORDER, "numbers": ["9999"]}, idempotency_key="wave-1") for _ in range(2))

    assert (first.status_code, first.get_json()["letters"]) == (201, [])
    assert second.headers["Idempotency-Replayed"] == "true"


@pytest.mark.both_databases
@pytest.mark.parametrize("dies_in", ["idp.invitations.letters.print_run.pdf_of", "idp.api.idempotency.keep"])
def test_an_order_that_dies_leaves_no_code_that_nobody_holds(
    app: Flask, program: Program, monkeypatch: pytest.MonkeyPatch, dies_in: str
) -> None:
    """Codes, campaign and answer are stored together: after a fault there is nothing, and the order is repeated."""
    app.config["PROPAGATE_EXCEPTIONS"] = False
    with monkeypatch.context() as patch:
        patch.setattr(dies_in, lambda *_: 1 / 0)
        problem(program.post(LETTERS, ORDER, idempotency_key="wave-1"), "fault", 500)
    assert good(program.get(LETTERS))["items"] == []
    assert good(program.get("/funds/AK00/campaigns"))["items"] == []

    first, second = (program.post(LETTERS, ORDER, idempotency_key="wave-1") for _ in range(2))

    assert first.get_json() == second.get_json()
    assert [each["state"] for each in good(program.get(LETTERS))["items"]] == ["sent", "sent"]


def test_a_reader_who_changes_while_the_letters_are_made_gets_none(
    program: Program, provider: Provider, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The letter would go to a former address."""
    pdf_of = print_run.pdf_of

    def moves(letters: Sequence[Letter]) -> bytes:
        with provider.database.transaction() as tx:
            known = Particulars(given_name="Rosa", family_name="Keller", address=("Rue Neuve 1", "1000 Lausanne"))
            insured.store_many(tx, "AK00", [RegisterEntry("4711", "fr", known)])
        return pdf_of(letters)

    with monkeypatch.context() as patch:
        patch.setattr("idp.invitations.letters.print_run.pdf_of", moves)
        problem(program.post(LETTERS, ORDER), "wrong-state", 409)

    assert good(program.get(LETTERS))["items"] == []
    issued(program)


def test_a_withdrawn_letter_is_over(program: Program) -> None:
    reference = issued(program, numbers=["4711"])["letters"][0]["reference"]
    path = f"{LETTERS}/{reference}/withdraw"

    assert good(program.post(path, {"reason": "sent to a former address"}))["state"] == "withdrawn"
    problem(program.post(path, {"reason": "again"}), "wrong-state", 409)


def test_letters_are_listed_in_pages_and_by_state(program: Program, clock: MovableClock) -> None:
    issued(program)
    first = good(program.get(f"{LETTERS}?limit=1"))
    second = good(program.get(f"{LETTERS}?limit=1&cursor={first['next']}"))
    clock.forward(days=31)
    program.take_token()

    assert [each["number"] for each in (*first["items"], *second["items"])] == ["4712", "4711"]
    assert second["next"] is None
    assert len(good(program.get(f"{LETTERS}?state=expired"))["items"]) == 2
    assert good(program.get(f"{LETTERS}?state=sent"))["items"] == []


def test_a_letter_of_another_fund_does_not_exist(program: Program) -> None:
    """Not even for a program of both, under the wrong one."""
    reference = program.post("/funds/AK01/letters", {**ORDER, "numbers": ["9000"]}).get_json()["letters"][0][
        "reference"
    ]

    problem(program.get(f"{LETTERS}/{reference}"), "not-found", 404)
    problem(program.post(f"{LETTERS}/{reference}/withdraw", {"reason": "x"}), "not-found", 404)


@pytest.mark.parametrize("numbers", [[], ["1"] * 101, [""], "4711"])
def test_an_order_has_some_numbers_and_not_too_many(program: Program, numbers: object) -> None:
    told = problem(program.post(LETTERS, {**ORDER, "numbers": numbers}), "invalid", 422)

    assert told["errors"][0]["pointer"].startswith("#/numbers")
