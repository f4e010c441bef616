"""The API describes itself: what is served, and nothing else."""

from html.parser import HTMLParser

from flask.testing import FlaskClient

from idp.api import rights
from idp.api.operation import PARAMETER
from idp.api.routes import OPERATIONS
from tests.support.programs import API, Program
from tests.support.tokens import good

WORDS = {
    "disable": "disable",
    "enable": "enable",
    "unlock": "unlock accounts",
    "end-sessions": "end sessions",
    "end": "end sessions",
    "require-new-password": "make passwords invalid",
    "remove": "remove methods",
    "replace-phone": "phones",
    "keep-phone": "phones",
    "replace-email": "replace lost mailboxes",
    "keep-email": "replace lost mailboxes",
    "keep-account": "stop deletions",
    "withdraw": "withdraw consents",
    "start-recovery": "begin recoveries",
}
"""By the act of the API, the words in the description of `persons:write`."""


def test_the_document_names_every_operation_with_its_scope(program: Program) -> None:
    document = good(program.http.get(f"{API}/openapi.json"))

    described = {
        (method.upper(), path): [each["oauth2"] for each in operation["security"]]
        for path, operations in document["paths"].items()
        for method, operation in operations.items()
    }
    assert document["openapi"] == "3.1.0"
    assert described == {(each.method, each.path): [[scope] for scope in each.scopes] for each in OPERATIONS}
    scopes = document["components"]["securitySchemes"]["oauth2"]["flows"]["clientCredentials"]["scopes"]
    assert scopes.keys() == {each.scope for each in OPERATIONS} | {rights.CONTACTS_READ}


def test_the_right_to_change_persons_names_each_act_that_it_allows() -> None:
    """An operator reads nothing else before giving it to a program."""
    acts = {
        PARAMETER.sub("", each.path).rpartition("/")[2] for each in OPERATIONS if each.scope == rights.PERSONS_WRITE
    }

    assert acts == WORDS.keys()
    said = rights.SCOPES[rights.PERSONS_WRITE].lower()
    assert [act for act, words in WORDS.items() if words not in said] == []


def test_every_reference_of_the_document_leads_somewhere(program: Program) -> None:
    document = good(program.http.get(f"{API}/openapi.json"))

    def references(part: object) -> list[str]:
        if isinstance(part, dict):
            own = [part["$ref"]] if isinstance(part.get("$ref"), str) else []
            return own + [found for value in part.values() for found in references(value)]
        return [found for value in part for found in references(value)] if isinstance(part, list) else []

    for reference in set(references(document)):
        target = document
        for name in reference.removeprefix("#/").split("/"):
            target = target[name]


def test_names_of_operations_are_unique() -> None:
    names = [each.name for each in OPERATIONS]

    assert len(names) == len(set(names))


def test_the_parts_of_an_address_are_those_that_its_operation_reads() -> None:
    """One spelling each, so that the check of reach finds them."""
    used = {name for each in OPERATIONS for name in PARAMETER.findall(each.path)}

    whose = {"fund", "portal", "person"}
    assert used == whose | {"session", "method", "number", "member", "reference", "campaign", "identifier", "job"}


class Links(HTMLParser):
    def __init__(self, page: str) -> None:
        super().__init__()
        self.ids: set[str] = set()
        self.targets: set[str] = set()
        self.loaded: set[str] = set()
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        found = {name: value or "" for name, value in attrs}
        self.ids |= {found["id"]} if "id" in found else set()
        self.targets |= {found["href"]} if tag == "a" else set()
        self.loaded |= {found[name] for name in ("src", "href") if tag != "a" and name in found}


def test_the_reference_page_needs_nothing_from_elsewhere(program: Program) -> None:
    answer = program.http.get(f"{API}/reference")
    page = Links(answer.text)

    assert answer.status_code == 200
    assert all(address.startswith("/static/reference.css") for address in page.loaded)
    assert all(served(program.http, address) for address in page.loaded)
    assert {target.removeprefix("#") for target in page.targets if target.startswith("#")} <= page.ids
    assert {each.name for each in OPERATIONS} <= page.ids
    assert "script-src" in answer.headers["Content-Security-Policy"]


def served(http: FlaskClient, address: str) -> bool:
    with http.get(address) as answer:
        return answer.status_code == 200
