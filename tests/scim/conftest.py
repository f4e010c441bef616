"""A company with an administrator and a user, its directory, and a neighbour with a directory of its own."""

from dataclasses import dataclass
from typing import Any

import pytest
from flask import Flask
from werkzeug.test import TestResponse

from idp.organisations import memberships, organisation, scim_tokens
from idp.organisations.membership import Membership
from idp.organisations.memberships import Rights
from idp.provider import Provider
from tests.support.people import person
from tests.support.programs import named

SCIM = "/scim/v2"
USER = "urn:ietf:params:scim:schemas:core:2.0:User"
PATCH = "urn:ietf:params:scim:api:messages:2.0:PatchOp"
ERROR = "urn:ietf:params:scim:api:messages:2.0:Error"
MEDIA_TYPE = "application/scim+json"
TOPICS = ("contributions", "salaries", "allowances")


class DirectoryClient:
    """The directory of a company; it sends what a real one sends."""

    def __init__(self, app: Flask, token: str, company: str = "") -> None:
        self.http = app.test_client(use_cookies=False)
        self.token, self.company = token, company

    def send(self, method: str, path: str, body: object = None, **headers: str) -> TestResponse:
        sent: dict[str, Any] = {"json": body, "content_type": MEDIA_TYPE} if body is not None else {}
        shown = {"Authorization": f"Bearer {self.token}", **named(headers)}
        return self.http.open(SCIM + path, method=method, headers=shown, **sent)

    def get(self, path: str, **headers: str) -> TestResponse:
        return self.send("GET", path, **headers)

    def post(self, path: str, body: object, **headers: str) -> TestResponse:
        return self.send("POST", path, body, **headers)

    def put(self, path: str, body: object, **headers: str) -> TestResponse:
        return self.send("PUT", path, body, **headers)

    def patch(self, path: str, *operations: dict[str, Any], **headers: str) -> TestResponse:
        return self.send("PATCH", path, {"schemas": [PATCH], "Operations": list(operations)}, **headers)

    def delete(self, path: str, **headers: str) -> TestResponse:
        return self.send("DELETE", path, **headers)

    def create(self, address: str = "nina.neu@example.ch", **more: Any) -> dict[str, Any]:
        """Create a user, who must be accepted."""
        answer = self.post("/Users", new_user(address, **more))
        assert answer.status_code == 201, answer.text
        found: dict[str, Any] = answer.get_json()
        return found

    def user(self, user_id: str) -> dict[str, Any]:
        answer = self.get(f"/Users/{user_id}")
        assert answer.status_code == 200, answer.text
        found: dict[str, Any] = answer.get_json()
        return found

    def find(self, wanted: str, path: str = "/Users") -> list[dict[str, Any]]:
        """The resources that a filter describes."""
        answer = self.http.get(
            SCIM + path, query_string={"filter": wanted}, headers={"Authorization": f"Bearer {self.token}"}
        )
        assert answer.status_code == 200, answer.text
        found: list[dict[str, Any]] = answer.get_json()["Resources"]
        return found

    def members(self, topic: str) -> set[str]:
        return {each["value"] for each in self.get(f"/Groups/{topic}").get_json()["members"]}


def new_user(address: str, **more: Any) -> dict[str, Any]:
    """A user as Entra ID creates one."""
    return {
        "schemas": [USER, "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User"],
        "externalId": address.partition("@")[0],
        "userName": address,
        "active": True,
        "displayName": "Nina Neu",
        "name": {"givenName": "Nina", "familyName": "Neu", "formatted": "Nina Neu"},
        "emails": [{"primary": True, "type": "work", "value": address}],
        "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User": {"department": "Sales"},
        **more,
    }


def refused(answer: TestResponse, status: int, scim_type: str = "") -> dict[str, Any]:
    """The refusal, which must be this one in the form of RFC 7644 §3.12."""
    assert answer.status_code == status, answer.text
    assert answer.content_type == MEDIA_TYPE
    found: dict[str, Any] = answer.get_json()
    assert (found["schemas"], found["status"], found.get("scimType", "")) == ([ERROR], str(status), scim_type)
    return found


@dataclass(frozen=True)
class Staff:
    """Ids of the company: its administrator's and its user's memberships, and the administrator."""

    company: str
    claire: str
    luca: str
    claire_person: str
    luca_person: str


@pytest.fixture
def staff(provider: Provider) -> Staff:
    with provider.database.transaction() as tx:
        claire = person(tx, "claire.favre@example.ch", given_name="Claire", family_name="Favre")
        luca = person(tx, "luca.bernasconi@example.ch", given_name="Luca", family_name="Bernasconi")
        company = organisation.register(tx, fund="AK01", number="10042", name="Menuiserie Favre SA", topics=TOPICS)
        first = memberships.join(tx, company.id, claire.id, Rights(is_administrator=True, topics=TOPICS))
        second = memberships.join(tx, company.id, luca.id, Rights(topics=("salaries",)))
        return Staff(company.id, first.id, second.id, claire.id, luca.id)


@pytest.fixture
def directory(app: Flask, provider: Provider, staff: Staff) -> DirectoryClient:
    return DirectoryClient(app, token_for(provider, staff.company, by=staff.claire_person), staff.company)


@pytest.fixture
def neighbour(app: Flask, provider: Provider) -> DirectoryClient:
    """The directory of another company of the same fund, which has one administrator."""
    with provider.database.transaction() as tx:
        anne = person(tx, "anne.rochat@example.ch")
        company = organisation.register(tx, fund="AK01", number="10043", name="Beispiel AG")
        memberships.join(tx, company.id, anne.id, Rights(is_administrator=True))
        by, company_id = anne.id, company.id
    return DirectoryClient(app, token_for(provider, company_id, by=by), company_id)


def token_for(provider: Provider, company: str, *, by: str, days: int = 365) -> str:
    shown = scim_tokens.draw()
    with provider.database.transaction() as tx:
        assert scim_tokens.keep(tx, company, shown, name="Entra ID", days=days, by=by)
    return shown


def membership_of(provider: Provider, company: str, address: str) -> Membership | None:
    """The line of the company's list with this address."""
    with provider.database.reading() as tx:
        lines = memberships.of_organisation(tx, company)
        return next((each.membership for each in lines if each.email == address), None)
