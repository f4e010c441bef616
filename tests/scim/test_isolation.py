"""A token sees its own company; nothing else exists for it."""

from typing import Any

import pytest

from idp.provider import Provider
from idp.scim.endpoint import ROUTES
from tests.scim.conftest import PATCH, DirectoryClient, Staff, membership_of, new_user, refused

REPLACEMENT = new_user("x@example.ch")
DEACTIVATION: dict[str, Any] = {"Operations": [{"op": "replace", "value": {"active": False}}]}
REQUESTS = [("GET", None), ("PUT", REPLACEMENT), ("PATCH", DEACTIVATION), ("DELETE", None)]


@pytest.mark.parametrize(("method", "body"), REQUESTS, ids=[method for method, _ in REQUESTS])
def test_users_of_another_company_do_not_exist(
    directory: DirectoryClient, neighbour: DirectoryClient, staff: Staff, method: str, body: object
) -> None:
    theirs = directory.create()["id"]
    unknown = neighbour.send(method, "/Users/019f2c3e-0000-7000-8000-000000000000", body)

    for user in (theirs, staff.luca, staff.claire):
        answer = neighbour.send(method, f"/Users/{user}", body)
        assert (answer.status_code, answer.data) == (404, unknown.data)

    assert {each["id"] for each in directory.get("/Users").get_json()["Resources"]} == {
        theirs,
        staff.luca,
        staff.claire,
    }
    assert all(each["active"] for each in directory.get("/Users").get_json()["Resources"])


def test_no_list_filter_or_group_shows_another_company(
    directory: DirectoryClient, neighbour: DirectoryClient, staff: Staff
) -> None:
    directory.create()
    everything = str([neighbour.get(path).get_json() for path in ("/Users", "/Groups", "/Users?filter=active pr")])

    for foreign in ("nina", "luca", "claire", staff.luca, staff.company, "Favre"):
        assert foreign not in everything
    for wanted in ('userName eq "luca.bernasconi@example.ch"', 'externalId eq "nina.neu"', f'id eq "{staff.luca}"'):
        assert neighbour.find(wanted) == []


def test_no_group_takes_a_user_of_another_company(neighbour: DirectoryClient, provider: Provider, staff: Staff) -> None:
    group = neighbour.get("/Groups").get_json()["Resources"][0]["id"]
    add = {"op": "add", "path": "members", "value": [{"value": staff.luca}]}

    refused(neighbour.patch(f"/Groups/{group}", add), 400, "invalidValue")

    luca = membership_of(provider, staff.company, "luca.bernasconi@example.ch")
    assert luca is not None
    assert luca.topics == ["salaries"]


def test_two_companies_have_the_same_person_each_for_itself(
    directory: DirectoryClient, neighbour: DirectoryClient, provider: Provider
) -> None:
    first, second = directory.create(), neighbour.create()

    assert first["id"] != second["id"]
    directory.delete(f"/Users/{first['id']}")
    assert neighbour.user(second["id"])["active"] is True
    assert membership_of(provider, neighbour.company, "nina.neu@example.ch") is not None


BODIES: dict[str, object] = {
    "PUT": REPLACEMENT,
    "PATCH": {"schemas": [PATCH], **DEACTIVATION},
}
ADDRESSES = [(method, path) for path, methods in ROUTES.items() if "<id>" in path for method in methods]


@pytest.mark.parametrize(("method", "path"), ADDRESSES)
def test_an_id_of_another_company_is_answered_like_an_unknown_one_at_every_address(
    directory: DirectoryClient, neighbour: DirectoryClient, staff: Staff, method: str, path: str
) -> None:
    """The addresses are those of the map of routes: a new one is tried without being listed here."""
    theirs = (directory.create()["id"], staff.luca, staff.claire, staff.luca_person, staff.company)

    def tried(wanted: str) -> tuple[int, bytes]:
        answer = neighbour.send(method, path.replace("<id>", wanted), BODIES.get(method))
        return answer.status_code, answer.data.replace(wanted.encode(), b"")

    unknown = tried("019f2c3e-0000-7000-8000-000000000000")
    assert unknown[0] == 404
    assert {tried(each) for each in theirs} == {unknown}
