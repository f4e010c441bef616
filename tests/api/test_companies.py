"""Companies, their members and invitations through the API."""

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from idp.organisations import memberships
from idp.organisations.memberships import Rights
from idp.provider import Provider
from tests.api.conftest import Neighbours
from tests.support.inbox import Mailbox, mailbox
from tests.support.people import person
from tests.support.programs import Program, problem
from tests.support.tokens import good

__all__ = ["mailbox"]

COMPANY = "/funds/AK01/companies/10042"
REASON = {"reason": "case 99"}
DATA = {
    "name": "Menuiserie Favre SA",
    "language": "fr",
    "topics": ["salaries"],
    "address": ["Rue du Lac 12"],
    "postal_code": "1800",
    "locality": "Vevey",
    "reason": "register of 3 June",
}
NINA = {"email": "nina.neu@example.ch", "given_name": "Nina", "family_name": "Neu", "topics": ["salaries"], **REASON}


def members(program: Program) -> dict[str, dict[str, Any]]:
    return {each["given_name"]: each for each in good(program.get(f"{COMPANY}/members"))["items"]}


@pytest.mark.both_databases
def test_members_come_in_pages_the_oldest_first(program: Program) -> None:
    company = good(program.put("/funds/AK01/companies/7", DATA))["number"]
    path = f"/funds/AK01/companies/{company}/members"
    names = ["Zoé", "Anne", "Marc", "Lia", "Ugo"]
    for number, name in enumerate(names):
        program.post(path, {**NINA, "given_name": name, "email": f"{number}@example.ch"})

    seen, cursor = [], ""
    while cursor is not None:
        page = good(program.get(f"{path}?limit=2&cursor={cursor}"))
        seen.append([each["given_name"] for each in page["items"]])
        cursor = page["next"]

    assert seen == [names[:2], names[2:4], names[4:]]


def test_a_member_who_leaves_the_list_meanwhile_ends_no_walk_through_it(
    program: Program, provider: Provider, neighbours: Neighbours
) -> None:
    """The page after a member's is found although the member is gone."""
    for number in range(3):
        program.post(f"{COMPANY}/members", {**NINA, "email": f"{number}@example.ch"})
    first = good(program.get(f"{COMPANY}/members?limit=2"))
    with provider.database.transaction() as tx:
        assert memberships.withdraw(tx, first["next"]) is None

    rest = good(program.get(f"{COMPANY}/members?cursor={first['next']}"))

    assert len(rest["items"]) == 2
    assert rest["next"] is None


@pytest.mark.both_databases
def test_a_company_is_registered_changed_and_read(program: Program) -> None:
    first = good(program.put("/funds/AK01/companies/7", DATA))
    changed = program.put("/funds/AK01/companies/7", {**DATA, "name": "Favre & Cie"})

    assert (first["number"], first["address"], first["state"]) == ("7", ["Rue du Lac 12"], "active")
    assert good(program.get("/funds/AK01/companies/7")) == good(changed)
    assert program.get("/funds/AK01/companies/7").headers["ETag"] == changed.headers["ETag"]


def test_a_change_for_an_older_version_is_refused(program: Program) -> None:
    tag = program.put("/funds/AK01/companies/7", DATA).headers["ETag"]
    program.put("/funds/AK01/companies/7", {**DATA, "name": "Other"}, if_match=tag)

    problem(program.put("/funds/AK01/companies/7", DATA, if_match=tag), "changed", 412)
    problem(program.put("/funds/AK01/companies/8", DATA, if_match="*"), "changed", 412)


@pytest.mark.parametrize(
    ("changes", "pointer"),
    [
        ({"topics": ["nonsense"]}, "#/topics"),
        ({"language": "xx"}, "#/language"),
        ({"address": ["a", "b", "c", "d"]}, "#/address"),
        ({"name": "a\tb"}, "#/name"),
    ],
)
def test_what_an_import_refuses_is_refused_here_too(program: Program, changes: dict[str, Any], pointer: str) -> None:
    told = problem(program.put("/funds/AK01/companies/7", {**DATA, **changes}), "invalid", 422)

    assert [each["pointer"] for each in told["errors"]] == [pointer]


def test_companies_are_listed_in_the_order_of_their_numbers(program: Program) -> None:
    for number in ("1", "2", "3"):
        program.put(f"/funds/AK01/companies/{number}", DATA)

    first = good(program.get("/funds/AK01/companies?limit=2"))
    second = good(program.get(f"/funds/AK01/companies?limit=2&cursor={first['next']}"))

    assert [each["number"] for each in (*first["items"], *second["items"])] == ["1", "2", "3"]


@pytest.mark.both_databases
def test_a_closed_company_has_no_access_left(program: Program, neighbours: Neighbours, mailbox: Mailbox) -> None:
    assert good(program.post(f"{COMPANY}/close", REASON))["state"] == "closed"

    problem(program.post(f"{COMPANY}/close", REASON), "wrong-state", 409)
    assert mailbox.last(channel="email").to == "claire.favre@example.ch"


def test_a_member_is_invited_once(program: Program, neighbours: Neighbours, mailbox: Mailbox) -> None:
    answer = program.post(f"{COMPANY}/members", NINA)

    assert (answer.status_code, answer.get_json()["state"]) == (201, "invited")
    assert mailbox.last(channel="email").to == "nina.neu@example.ch"
    problem(program.post(f"{COMPANY}/members", NINA), "already-listed", 409)
    (invitation,) = good(program.get("/funds/AK01/invitations?company=10042"))["items"]
    assert (invitation["kind"], invitation["state"]) == ("member", "sent")


def test_every_fault_of_an_invited_person_is_told(program: Program, neighbours: Neighbours) -> None:
    bad = {**NINA, "email": "nowhere", "given_name": "www.example.com", "topics": ["nonsense"]}

    told = problem(program.post(f"{COMPANY}/members", bad), "invalid", 422)

    assert [each["pointer"] for each in told["errors"]] == ["#/email", "#/given_name", "#/topics/0"]


def test_a_withdrawn_invitation_leaves_the_list(program: Program, neighbours: Neighbours) -> None:
    program.post(f"{COMPANY}/members", NINA)
    (invitation,) = good(program.get("/funds/AK01/invitations"))["items"]
    path = f"/funds/AK01/invitations/{invitation['reference']}"

    assert program.post(f"{path}/withdraw", REASON).status_code == 204

    assert good(program.get(path))["state"] == "withdrawn"
    assert "Nina" not in members(program)


@pytest.mark.both_databases
def test_rights_are_set_for_the_version_that_was_read(
    program: Program, provider: Provider, neighbours: Neighbours
) -> None:
    join(provider, neighbours, "luca.bernasconi@example.ch", "Luca")
    luca = members(program)["Luca"]["id"]
    path = f"{COMPANY}/members/{luca}"
    tag = program.get(path).headers["ETag"]
    rights = {"administrator": True, "topics": ["salaries"], **REASON}

    problem(program.put(f"{path}/rights", rights), "needs-if-match", 428)
    assert good(program.put(f"{path}/rights", rights, if_match=tag))["administrator"] is True
    problem(program.put(f"{path}/rights", rights, if_match=tag), "changed", 412)


@pytest.mark.both_databases
def test_of_two_changes_at_once_of_one_version_one_is_refused(
    program: Program, provider: Provider, neighbours: Neighbours
) -> None:
    join(provider, neighbours, "luca.bernasconi@example.ch", "Luca")
    path = f"{COMPANY}/members/{members(program)['Luca']['id']}"
    tag = program.get(path).headers["ETag"]

    def change(topic: str) -> int:
        rights = {"administrator": False, "topics": [topic], **REASON}
        return program.put(f"{path}/rights", rights, if_match=tag).status_code

    with ThreadPoolExecutor(2) as pool:
        outcomes = sorted(pool.map(change, ("contributions", "allowances")))

    assert outcomes == [200, 412]


def test_the_last_administrator_stays(program: Program, neighbours: Neighbours) -> None:
    """B-44"""
    path = f"{COMPANY}/members/{members(program)['Claire']['id']}"

    problem(program.post(f"{path}/deactivate", REASON), "last-administrator", 409)


def test_a_member_is_deactivated_and_reactivated(program: Program, provider: Provider, neighbours: Neighbours) -> None:
    join(provider, neighbours, "luca.bernasconi@example.ch", "Luca")
    path = f"{COMPANY}/members/{members(program)['Luca']['id']}"

    assert good(program.post(f"{path}/deactivate", REASON))["state"] == "deactivated"
    problem(program.post(f"{path}/deactivate", REASON), "wrong-state", 409)
    assert good(program.post(f"{path}/reactivate", REASON))["state"] == "active"


def test_an_administrator_is_invited_by_mail_or_letter(
    program: Program, neighbours: Neighbours, mailbox: Mailbox
) -> None:
    """B-01"""
    path = f"{COMPANY}/administrators"
    problem(program.post(path, REASON), "wrong-state", 409)  # no postal address yet
    program.put(COMPANY, DATA)

    mailed = program.post(path, {**REASON, "email": "new.head@example.ch"}).get_json()
    written = program.post(path, REASON).get_json()

    assert (mailed["document"], mailbox.last(channel="email").to) == (None, "new.head@example.ch")
    assert written["document"]["media_type"] == "application/pdf"
    states = {each["reference"]: each["state"] for each in good(program.get("/funds/AK01/invitations"))["items"]}
    assert states == {mailed["reference"]: "replaced", written["reference"]: "sent"}


def test_administrators_are_replaced_by_the_reader_of_a_letter(program: Program, neighbours: Neighbours) -> None:
    """B-45"""
    program.put(COMPANY, DATA)

    answer = program.post(f"{COMPANY}/replace-administrators", REASON)

    assert answer.status_code == 201
    assert answer.get_json()["document"]["content"]
    assert members(program)["Claire"]["administrator"] is False


def join(provider: Provider, neighbours: Neighbours, address: str, name: str) -> None:
    with provider.database.transaction() as tx:
        luca = person(tx, address, given_name=name)
        memberships.join(tx, neighbours.company, luca.id, Rights(topics=("salaries",)))
