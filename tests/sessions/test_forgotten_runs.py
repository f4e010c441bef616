"""An erased person leaves no unfinished journey behind, however they wrote their address there."""

import unicodedata
from typing import Any

import pytest
from hypothesis import HealthCheck, assume, example, given, settings
from hypothesis import strategies as st

from idp.actions import erasure
from idp.actions.actor import Actor
from idp.database import Database, Transaction
from idp.people.email_address import Email, normalise_email
from idp.people.portal_identifiers import CUSTOMER, attach
from idp.runs import FlowRun
from tests.support import people

often = settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])

LOCAL = st.from_regex(r"[a-z0-9!#$%&'*+/=?^_`{|}~-]{1,12}(\.[a-z0-9]{1,6})?", fullmatch=True)
LABEL = st.from_regex(r"[a-zäöüéèçñåøαβγδ]{2,10}", fullmatch=True)
SPELLINGS = {
    "as given": str,
    "upper case": str.upper,
    "composed": lambda typed: unicodedata.normalize("NFC", typed),
    "decomposed": lambda typed: unicodedata.normalize("NFD", typed),
    "punycode": lambda typed: people.email(typed).key,
    "with blanks": lambda typed: f"\u00a0{typed} ",
    "with a name": lambda typed: f"Anne Rochat <{typed}>",
    "with a comma": lambda typed: f"{typed},",
}


class Undone(Exception):
    """Ends the transaction of an example, so that the next finds an empty database."""


@pytest.mark.both_databases
@often
@given(
    local=LOCAL, label=LABEL, spelling=st.sampled_from(sorted(SPELLINGS)), where=st.sampled_from(["results", "kept"])
)
@example(local="anne", label="bücher", spelling="as given", where="results")
@example(local="'", label="aa", spelling="as given", where="results")
def test_an_address_is_found_in_whatever_spelling_it_was_typed(
    database: Database, local: str, label: str, spelling: str, where: str
) -> None:
    address = f"{local}@{label}.ch"
    assume(isinstance(normalise_email(address), Email))
    with pytest.raises(Undone), database.transaction() as tx:
        person = people.person(tx, address)
        begin(tx, "theirs", **{where: {"email-address": {"email": SPELLINGS[spelling](address)}}})
        begin(tx, "a neighbour's", **{where: {"email-address": {"email": f"x{address}"}}})
        begin(tx, "another's", **{where: {"email-address": {"email": f"{local}@{label}x.ch"}}})

        assert erasure.erase(tx, person.id, by=Actor.person(person.id), reason="request")

        assert waiting(tx) == ["a neighbour's", "another's"]
        raise Undone


@pytest.mark.both_databases
@pytest.mark.parametrize("typed", ["+41791234567", "079 123 45 67", "0041 79/123.45.67", "+41\u00a079\u202f123 45 67"])
def test_a_number_is_found_in_whatever_spelling_it_was_typed(database: Database, typed: str) -> None:
    with database.transaction() as tx:
        person = people.person(tx, phone="+41791234567")
        begin(tx, "theirs", kept={"phone-number": {"phone": typed}})
        begin(tx, "another's", kept={"phone-number": {"phone": "+41791234568"}})
        begin(tx, "longer", kept={"phone-number": {"phone": "1079123456799"}})

        assert erasure.erase(tx, person.id, by=Actor.person(person.id), reason="request")

        assert waiting(tx) == ["another's", "longer"]


@pytest.mark.both_databases
def test_a_customer_number_is_found(database: Database) -> None:
    with database.transaction() as tx:
        person = people.person(tx)
        attach(tx, person.id, portal="p", kind=CUSTOMER, value="AB 471-É")
        begin(tx, "theirs", kept={"recovery-request": {"identifier": " ab471-é"}})
        begin(tx, "another's", kept={"recovery-request": {"identifier": "ab471-é0"}})

        assert erasure.erase(tx, person.id, by=Actor.person(person.id), reason="request")

        assert waiting(tx) == ["another's"]


def begin(tx: Transaction, name: str, **values: Any) -> None:
    row = {
        "id": name,
        "flow": "recovery",
        "signature": "",
        "client_id": "p",
        "browser": "",
        "begun_with": name,
        "results": {},
        "kept": {},
        "step": "",
        "scratch": {},
        "notice": {},
        "created_at": tx.now,
        "bound_until": tx.now,
        "expires_at": tx.now,
    }
    tx.add(FlowRun(**{**row, **values}))


def waiting(tx: Transaction) -> list[str]:
    return [run.id for run in tx.session.query(FlowRun).order_by(FlowRun.id)]
