"""Groups are the topics of the portal; who is in one may use it for the company."""

import pytest

from idp.provider import Provider
from tests.scim.conftest import TOPICS, DirectoryClient, Staff, membership_of, refused
from tests.support.inbox import Mailbox

pytestmark = pytest.mark.both_databases

NINA = "nina.neu@example.ch"


def test_the_groups_are_the_topics_open_to_the_company(directory: DirectoryClient, staff: Staff) -> None:
    """RFC 7643 §4.2"""
    found = directory.get("/Groups").get_json()["Resources"]

    assert {each["id"] for each in found} == set(TOPICS)
    (salaries,) = directory.find('displayName eq "salaires ET décomptes"', "/Groups")
    assert {each["value"] for each in salaries["members"]} == {staff.claire, staff.luca}
    without = directory.get("/Groups/salaries?excludedAttributes=members").get_json()
    assert "members" not in without


def test_members_are_added_and_removed(
    directory: DirectoryClient, provider: Provider, staff: Staff, mailbox: Mailbox
) -> None:
    """RFC 7644 §3.5.2; a member's rights as an administrator are not the directory's"""
    added = directory.patch("/Groups/contributions", {"op": "Add", "path": "members", "value": [{"value": staff.luca}]})

    assert added.status_code == 200
    assert directory.members("contributions") == {staff.claire, staff.luca}
    luca = membership_of(provider, staff.company, "luca.bernasconi@example.ch")
    assert luca is not None
    assert (luca.topics, luca.is_administrator) == (["salaries", "contributions"], False)
    assert "Menuiserie Favre SA" in mailbox.last("luca.bernasconi@example.ch").text
    directory.patch("/Groups/salaries", {"op": "remove", "path": f'members[value eq "{staff.luca}"]'})
    directory.patch("/Groups/salaries", {"op": "Remove", "path": "members", "value": [{"value": staff.claire}]})
    assert directory.members("salaries") == set()
    claire = membership_of(provider, staff.company, "claire.favre@example.ch")
    assert claire is not None
    assert claire.is_administrator


def test_a_group_is_replaced(directory: DirectoryClient, staff: Staff) -> None:
    """RFC 7644 §3.5.1"""
    directory.put("/Groups/allowances", {"displayName": "x", "members": [{"value": staff.luca}]})

    assert directory.members("allowances") == {staff.luca}
    directory.patch("/Groups/allowances", {"op": "replace", "value": {"id": "allowances", "members": []}})
    assert directory.members("allowances") == set()


def test_topics_wait_for_an_inactive_user(directory: DirectoryClient, provider: Provider) -> None:
    user = directory.create(active=False)

    directory.patch("/Groups/salaries", {"op": "add", "path": "members", "value": [{"value": user["id"]}]})
    assert user["id"] in directory.members("salaries")
    directory.patch(f"/Users/{user['id']}", {"op": "replace", "value": {"active": True}})

    invited = membership_of(provider, directory.company, NINA)
    assert invited is not None
    assert invited.topics == ["salaries"]
    directory.patch(f"/Users/{user['id']}", {"op": "replace", "value": {"active": False}})
    assert user["id"] in directory.members("salaries")


def test_a_directory_makes_and_deletes_no_group(directory: DirectoryClient) -> None:
    refused(directory.post("/Groups", {"displayName": "Sales"}), 405)
    refused(directory.delete("/Groups/salaries"), 405)
    refused(directory.get("/Groups/sales"), 404)
    renamed = directory.patch("/Groups/salaries", {"op": "replace", "path": "displayName", "value": "x"})
    refused(renamed, 400, "mutability")


def test_a_group_of_another_version_stays(directory: DirectoryClient, staff: Staff) -> None:
    """RFC 7644 §3.14"""
    version = directory.get("/Groups/salaries").headers["ETag"]
    remove = {"op": "remove", "path": f'members[value eq "{staff.luca}"]'}
    assert directory.patch("/Groups/salaries", remove, if_match=version).status_code == 200

    refused(directory.put("/Groups/salaries", {"members": []}, if_match=version), 412)
