"""Users of a company's directory: members, with what Entra ID and Okta send."""

from typing import Any

import pytest

from idp.audit.log import AuditEvent
from idp.organisations import memberships
from idp.organisations.memberships import Rights
from idp.provider import Provider
from tests.scim.conftest import DirectoryClient, Staff, membership_of, new_user, refused
from tests.support.clock import MovableClock
from tests.support.inbox import Mailbox
from tests.support.people import person

pytestmark = pytest.mark.both_databases

NINA = "nina.neu@example.ch"
LUCA = "luca.bernasconi@example.ch"


def state_of(provider: Provider, directory: DirectoryClient, address: str) -> str:
    found = membership_of(provider, directory.company, address)
    return found.state if found is not None else ""


def switch(directory: DirectoryClient, user_id: str, active: object) -> dict[str, Any]:
    answer = directory.patch(f"/Users/{user_id}", {"op": "Replace", "path": "active", "value": active})
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.get_json()
    return found


def test_a_new_user_is_an_invited_member(directory: DirectoryClient, provider: Provider, mailbox: Mailbox) -> None:
    """RFC 7644 §3.3; B-25, B-50: no phone is asked of the directory"""
    answer = directory.post("/Users", new_user(NINA))

    user = answer.get_json()
    assert answer.status_code == 201
    assert answer.headers["Location"] == user["meta"]["location"]
    assert answer.headers["ETag"] == user["meta"]["version"]
    assert (user["userName"], user["externalId"], user["active"]) == (NINA, "nina.neu", True)
    assert user["name"] == {"givenName": "Nina", "familyName": "Neu"}
    assert "displayName" not in user
    invited = membership_of(provider, directory.company, NINA)
    assert invited is not None
    assert (invited.state, invited.is_administrator, invited.topics) == ("invited", False, [])
    assert (invited.invited_as_given_name, invited.invited_as_phone) == ("Nina", "")
    mail = mailbox.last(NINA)
    assert "Menuiserie Favre SA" in mail.text
    assert mail.link.endswith("/AK01/register")


def test_the_directory_is_the_author(directory: DirectoryClient, provider: Provider) -> None:
    """B-51"""
    directory.create()

    with provider.database.reading() as tx:
        found = {event.name: event.actor for event in tx.session.query(AuditEvent).filter_by(name="MemberInvited")}
    assert found["MemberInvited"].startswith("scim:")


def test_the_id_stays_when_the_person_joins(directory: DirectoryClient, provider: Provider) -> None:
    """RFC 7643 §3.1: an id is never given to another resource; B-47: the account keeps its own names"""
    user = directory.create()
    invited = membership_of(provider, directory.company, NINA)
    assert invited is not None

    with provider.database.transaction() as tx:
        own = person(tx, "nina@bluewin.ch", given_name="Antonina", family_name="Nowak")
        memberships.accept(tx, invited.id, own.id)

    after = directory.user(user["id"])
    assert (after["active"], after["userName"], after["name"]["givenName"]) == (True, NINA, "Nina")


def test_the_id_stays_when_the_person_was_there_before(directory: DirectoryClient, provider: Provider) -> None:
    user = directory.create()
    invited = membership_of(provider, directory.company, NINA)
    assert invited is not None
    with provider.database.transaction() as tx:
        own = person(tx, "nina@bluewin.ch")
        former = memberships.join(tx, directory.company, own.id, Rights())
        memberships.deactivate(tx, former.id, reason="left")

        memberships.accept(tx, invited.id, own.id)

    assert directory.user(user["id"])["active"] is True
    switch(directory, user["id"], active=False)
    assert state_of(provider, directory, "nina@bluewin.ch") == "deactivated"


def test_a_member_is_found_by_name_and_taken_over_without_a_mail(
    directory: DirectoryClient, staff: Staff, mailbox: Mailbox
) -> None:
    (found,) = directory.find(f'userName eq "{LUCA.upper()}"')
    assert (found["id"], found["active"], found["name"]["givenName"]) == (staff.luca, True, "Luca")

    answer = directory.patch(f"/Users/{found['id']}", {"op": "add", "path": "externalId", "value": "4711"})

    assert answer.get_json()["externalId"] == "4711"
    assert [each["id"] for each in directory.find('externalId eq "4711"')] == [staff.luca]
    assert mailbox.sent(LUCA) == []


def test_a_member_with_another_name_in_the_directory_is_taken_over_by_address(
    directory: DirectoryClient, provider: Provider, mailbox: Mailbox
) -> None:
    user = directory.create(LUCA, userName="lbernasconi@corp.example")

    assert user["active"] is True
    assert [(each["value"], each["display"]) for each in user["groups"]] == [("salaries", "Salaires et décomptes")]
    assert len(directory.find(f'emails.value eq "{LUCA}"')) == 1
    assert mailbox.sent(LUCA) == []


@pytest.mark.parametrize(
    "second",
    [
        {"userName": NINA.upper(), "emails": [{"value": "other@example.ch"}]},
        {"userName": "nneu", "emails": [{"value": NINA, "primary": True}]},
    ],
    ids=["name", "address"],
)
def test_two_users_share_neither_name_nor_address(directory: DirectoryClient, second: dict[str, Any]) -> None:
    """RFC 7644 §3.3, RFC 7643 §4.1.1"""
    directory.create()

    refused(directory.post("/Users", new_user(NINA, **second)), 409, "uniqueness")


def test_an_inactive_user_is_invited_once_active(
    directory: DirectoryClient, provider: Provider, mailbox: Mailbox
) -> None:
    user = directory.create(active="False")
    assert (user["active"], state_of(provider, directory, NINA), mailbox.sent(NINA)) == (False, "", [])

    assert switch(directory, user["id"], "True")["active"] is True

    assert state_of(provider, directory, NINA) == "invited"
    assert len(mailbox.sent(NINA)) == 1


def test_an_invited_user_who_is_deactivated_is_not_invited_any_more(
    directory: DirectoryClient, provider: Provider, mailbox: Mailbox
) -> None:
    user = directory.create()

    assert switch(directory, user["id"], "False")["active"] is False
    assert state_of(provider, directory, NINA) == ""
    assert directory.user(user["id"])["active"] is False

    switch(directory, user["id"], active=True)
    assert len(mailbox.sent(NINA)) == 2


def test_a_member_is_deactivated_and_reactivated(
    directory: DirectoryClient, provider: Provider, staff: Staff, mailbox: Mailbox
) -> None:
    """B-42; Entra ID sends values without a path"""
    answer = directory.patch(f"/Users/{staff.luca}", {"op": "Replace", "value": {"active": "False"}})

    assert answer.get_json()["active"] is False
    assert state_of(provider, directory, LUCA) == "deactivated"
    assert "Menuiserie Favre SA" in mailbox.last(LUCA).text
    assert directory.user(staff.luca)["active"] is False
    switch(directory, staff.luca, active=True)
    assert state_of(provider, directory, LUCA) == "active"


def test_the_last_administrator_stays(directory: DirectoryClient, provider: Provider, staff: Staff) -> None:
    """B-44"""
    refused(directory.patch(f"/Users/{staff.claire}", {"op": "replace", "value": {"active": False}}), 409)
    refused(directory.delete(f"/Users/{staff.claire}"), 409)

    assert state_of(provider, directory, "claire.favre@example.ch") == "active"
    assert directory.find("externalId pr") == []


def test_a_deleted_user_is_gone_and_may_come_back(
    directory: DirectoryClient, provider: Provider, staff: Staff, mailbox: Mailbox
) -> None:
    """RFC 7644 §3.6"""
    assert directory.delete(f"/Users/{staff.luca}").status_code == 204

    refused(directory.get(f"/Users/{staff.luca}"), 404)
    refused(directory.delete(f"/Users/{staff.luca}"), 404)
    assert directory.find(f'userName eq "{LUCA}"') == []
    assert state_of(provider, directory, LUCA) == "deactivated"
    again = directory.create(LUCA)
    assert (again["id"] != staff.luca, again["active"]) == (True, True)
    assert state_of(provider, directory, LUCA) == "active"
    assert not [mail for mail in mailbox.sent(LUCA) if mail.has_code]


def test_a_deleted_invitation_leaves_nothing(directory: DirectoryClient, provider: Provider) -> None:
    user = directory.create()

    assert directory.delete(f"/Users/{user['id']}").status_code == 204

    refused(directory.get(f"/Users/{user['id']}"), 404)
    assert membership_of(provider, directory.company, NINA) is None
    assert directory.create()["id"] != user["id"]


def test_an_address_that_changes_while_invited_gets_the_next_invitation(
    directory: DirectoryClient, provider: Provider, mailbox: Mailbox
) -> None:
    """Entra ID's path into the addresses"""
    user = directory.create()

    answer = directory.patch(
        f"/Users/{user['id']}", {"op": "Add", "path": 'emails[type eq "work"].value', "value": "n.neu@example.ch"}
    )

    assert answer.get_json()["emails"] == [{"value": "n.neu@example.ch", "type": "work", "primary": True}]
    assert state_of(provider, directory, NINA) == ""
    assert state_of(provider, directory, "n.neu@example.ch") == "invited"
    assert mailbox.last("n.neu@example.ch").has_code


def test_the_directory_changes_no_account(directory: DirectoryClient, provider: Provider, staff: Staff) -> None:
    """B-47"""
    given = new_user("l.b@example.ch", name={"givenName": "Lucas", "familyName": "B"})

    answer = directory.put(f"/Users/{staff.luca}", given)

    assert answer.get_json()["name"]["givenName"] == "Lucas"
    with provider.database.reading() as tx:
        member = memberships.member(tx, staff.luca)
        assert member is not None
        assert (member.given_name, member.email) == ("Luca", LUCA)


def test_a_replacement_that_says_nothing_of_the_state_changes_none(directory: DirectoryClient, staff: Staff) -> None:
    switch(directory, staff.luca, active=False)
    given = {name: value for name, value in new_user(LUCA).items() if name != "active"}

    assert directory.put(f"/Users/{staff.luca}", given).get_json()["active"] is False


def test_a_name_that_would_be_a_link_is_kept_from_people(directory: DirectoryClient, provider: Provider) -> None:
    user = directory.create(name={"givenName": "www.evil.example", "familyName": "+41 79 123 45 67"})

    assert user["name"]["givenName"] == "www.evil.example"
    invited = membership_of(provider, directory.company, NINA)
    assert invited is not None
    assert (invited.invited_as_given_name, invited.invited_as_family_name) == ("", "")


def test_a_directory_cannot_mail_without_bounds(
    directory: DirectoryClient, provider: Provider, monkeypatch: pytest.MonkeyPatch
) -> None:
    limits = provider.limiter._limits
    monkeypatch.setitem(limits, "company_invitations", type(limits["scim"])(times=1, window=60))
    directory.create()

    answer = directory.post("/Users", new_user("second@example.ch"))

    refused(answer, 429)
    assert answer.headers["Retry-After"] == "60"
    assert directory.find('userName eq "second@example.ch"') == []


def test_a_version_protects_what_someone_else_changed(directory: DirectoryClient) -> None:
    """RFC 7644 §3.14"""
    user = directory.create()
    path, version = f"/Users/{user['id']}", user["meta"]["version"]
    assert directory.get(path, if_none_match=version).status_code == 304
    operation = {"op": "replace", "path": "name.givenName", "value": "Nora"}
    changed = directory.patch(path, operation, if_match=version)

    assert changed.headers["ETag"] != version
    refused(directory.patch(path, operation, if_match=version), 412)
    refused(directory.put(path, new_user(NINA), if_match=version), 412)
    refused(directory.delete(path, if_match=version), 412)
    assert directory.delete(path, if_match=changed.headers["ETag"]).status_code == 204


def test_a_list_comes_in_pages_and_parts(directory: DirectoryClient) -> None:
    """RFC 7644 §3.4.2.4, §3.9"""
    directory.create()

    first = directory.get("/Users?startIndex=1&count=2&attributes=userName,name.givenName").get_json()
    rest = directory.get("/Users?startIndex=3&count=2&excludedAttributes=emails").get_json()
    none = directory.get("/Users?count=0").get_json()

    assert (first["totalResults"], first["itemsPerPage"], first["startIndex"]) == (3, 2, 1)
    assert [set(each) for each in first["Resources"]] == [{"schemas", "id", "userName", "name"}] * 2
    assert set(first["Resources"][0]["name"]) == {"givenName"}
    assert [each["userName"] for each in rest["Resources"]] == [NINA]
    assert "emails" not in rest["Resources"][0]
    assert (none["totalResults"], none["Resources"]) == (3, [])


def test_users_are_found_by_what_they_are(directory: DirectoryClient, staff: Staff) -> None:
    """RFC 7644 §3.4.2.2"""
    nina = directory.create()
    switch(directory, staff.luca, active=False)

    assert [each["id"] for each in directory.find('externalId eq "nina.neu" and active eq true')] == [nina["id"]]
    assert [each["id"] for each in directory.find("active eq false")] == [staff.luca]
    both = directory.find(f'userName eq "{NINA}" or userName eq "{LUCA}"')
    assert {each["id"] for each in both} == {nina["id"], staff.luca}
    assert directory.find('externalId eq "NINA.NEU"') == []
    search = directory.post("/Users/.search", {"filter": f'emails[value eq "{NINA}" and primary eq true]', "count": 1})
    assert [each["id"] for each in search.get_json()["Resources"]] == [nina["id"]]


def test_an_invitation_that_ran_out_leaves_an_inactive_user(
    directory: DirectoryClient, provider: Provider, clock: MovableClock
) -> None:
    user = directory.create()
    invited = membership_of(provider, directory.company, NINA)
    assert invited is not None

    with provider.database.transaction() as tx:
        memberships.withdraw(tx, invited.id)

    assert directory.user(user["id"])["active"] is False
