"""Nothing that an anonymous request writes is without a count and a size."""

import re
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
import sqlalchemy as sa
from flask import Flask
from flask.testing import FlaskClient

from flows import JOURNEYS
from flows.engine.forms import fields_of
from flows.engine.run import FlowRun
from idp.database import Base
from idp.grants.spent_identifiers import SpentIdentifier
from idp.interaction import StoredRequest
from idp.provider import Provider
from idp.web import csrf
from tests.rules.source import ROOT
from tests.support.browser import Browser
from tests.support.clock import MovableClock
from tests.support.possession import Prover
from tests.support.relying_party import RelyingParty

pytestmark = pytest.mark.both_databases

LONG_CLAIMS = '{"id_token": {' + ", ".join(f'"{"x" * 200}{n}": null' for n in range(35)) + "}}"


@pytest.fixture
def overrides() -> dict[str, Any]:
    return {"limits": {"stored_requests": {"times": 3, "window": 86400}, "runs": {"times": 3, "window": 86400}}}


@pytest.fixture
def visitor(app: Flask) -> FlaskClient:
    return app.test_client()


@pytest.fixture
def party(app: Flask) -> RelyingParty:
    return RelyingParty(app, "basic")


def rows(provider: Provider, table: type[Base]) -> int:
    with provider.database.reading() as tx:
        return tx.execute(sa.select(sa.func.count()).select_from(table)).scalar_one()


def request_in(location: str) -> str:
    return parse_qs(urlsplit(location).query)["request"][0]


def test_long_requests_are_counted_per_network(
    visitor: FlaskClient, party: RelyingParty, provider: Provider, clock: MovableClock
) -> None:
    """RFC 6749 §4.1.2.1: the client is told `temporarily_unavailable`"""
    for _ in range(3):
        kept = visitor.get("/authorize", query_string=party.request(claims=LONG_CLAIMS))
        assert request_in(kept.headers["Location"]).startswith("row.")

    assert party.authorize(visitor, claims=LONG_CLAIMS).error == "temporarily_unavailable"
    assert party.authorize_by_post(visitor, claims=LONG_CLAIMS).error == "temporarily_unavailable"
    assert party.authorize(visitor).address == "/login"  # a short one is kept nowhere
    elsewhere = visitor.get(
        "/authorize",
        query_string=party.request(claims=LONG_CLAIMS),
        environ_overrides={"REMOTE_ADDR": "198.51.100.7"},
    )
    assert elsewhere.headers["Location"].startswith("/login")
    assert rows(provider, StoredRequest) == 4


def test_a_stored_request_is_stored_once_however_often_it_is_presented(
    visitor: FlaskClient, party: RelyingParty, provider: Provider
) -> None:
    first = visitor.get("/authorize", query_string=party.request(claims=LONG_CLAIMS)).headers["Location"]

    for _ in range(10):
        again = visitor.get("/authorize/resume", query_string={"request": request_in(first)}).headers["Location"]
        assert again == first

    assert rows(provider, StoredRequest) == 1


@pytest.mark.parametrize(
    ("name", "longest"), [("nonce", 2048), ("state", 2048), ("x", 2048), ("claims", 8192), ("login_hint", 8192)]
)
def test_every_parameter_has_a_size(visitor: FlaskClient, party: RelyingParty, name: str, longest: int) -> None:
    filled = ('{"id_token": {}}' if name == "claims" else "").ljust(longest)

    assert party.authorize(visitor, **{name: filled}).error == ""
    assert party.authorize(visitor, **{name: filled + " "}).error == "invalid_request"


def test_a_resource_has_a_size(visitor: FlaskClient, party: RelyingParty) -> None:
    assert party.authorize(visitor, resource="https://api.example.ch/" + "x" * 2048).error == "invalid_request"


def test_the_whole_request_has_a_size(visitor: FlaskClient, party: RelyingParty, provider: Provider) -> None:
    """It is shown, not sent: an answer with so much in it would reach nobody"""
    many = {f"p{n}": "x" * 2000 for n in range(17)}

    answer = visitor.post("/authorize", data={**party.request(), **many})

    assert (answer.status_code, "Location" in answer.headers) == (400, False)
    assert party.push(**many).status_code == 400
    sent = {"client_id": "television", "scope": "openid", "claims": "é" * 8192}
    assert party.server.post("/device_authorization", data=sent).status_code == 400


def test_a_logout_request_has_a_size(visitor: FlaskClient) -> None:
    """It travels sealed in an address"""
    answer = visitor.post("/end-session", data={"state": "x" * 100_000, "ui_locales": "x" * 100_000})

    assert len(answer.headers["Location"]) < 4096


def test_journeys_of_nobody_in_particular_are_counted_per_network(app: Flask, provider: Provider) -> None:
    browser = Browser(app, language="en")

    statuses = []
    for number in range(5):
        page = browser.get("/recovery?portal=espace-personnel")
        sent = page.submission(page.button("reset"))
        sent |= {"identifier": f"somebody{number}@example.ch", "birth_date": "16.07.1956"}
        statuses.append(
            browser.client.post(page.url, data=sent, environ_overrides={"REMOTE_ADDR": "192.0.2.1"}).status_code
        )

    assert statuses == [303, 303, 303, 429, 429]
    assert rows(provider, FlowRun) == 3


def test_proofs_of_public_clients_are_remembered_only_where_something_was_granted(
    app: Flask, provider: Provider, clock: MovableClock
) -> None:
    """RFC 9449 §11.1: everybody can make proofs, with keys of their own"""
    http = app.test_client()
    for number in range(5):
        asked = {"grant_type": "authorization_code", "code": f"guess-{number}", "client_id": "public"}
        answer = http.post("/token", data=asked, headers=Prover(clock).header())
        assert answer.get_json()["error"] == "invalid_grant"

    assert rows(provider, SpentIdentifier) == 0


def test_a_stranger_writes_into_these_tables_only(app: Flask, provider: Provider, clock: MovableClock) -> None:
    """The threat model says for each of them how much"""
    stranger = Browser(app)
    stranger.get("/jwks.json")  # the worker's work, done by whoever needs the first key
    stranger.get("/")
    token = csrf.token(provider.sealer, stranger.cookie("browser"))
    before = _tables(provider)
    typed = {"identifier": "x@example.ch", "email": "x@example.ch", "password": "x" * 20, "code": "BBBB-BBBB"}
    public = {"client_id": "television", "scope": "openid", "grant_type": "refresh_token", "token": "x"}

    for rule in app.url_map.iter_rules():
        path = re.sub(r"<any\((\w+)[^>]*>|<[^>]+>", lambda found: found.group(1) or "x", rule.rule)
        stranger.client.post(path, data={**typed, "csrf_token": token})
        stranger.client.post(path, data=public, headers=Prover(clock).header(rule.rule))
    for flow in JOURNEYS:
        for step in flow.steps:
            form = {**dict.fromkeys(fields_of(step.form), "x"), **typed, "birth_date": "16.07.1956"}
            for action in ("", *step.actions):
                sent = {**form, "csrf_token": token, "step": step.name, **({"action": action} if action else {})}
                stranger.client.post(f"/{flow.name}?portal=espace-personnel", data=sent)

    written = {name for name, count in _tables(provider).items() if count > before[name]}
    assert {"flow_runs", "device_codes", "rate_limits", "audit_events"} <= written
    assert written <= _told()


def _tables(provider: Provider) -> dict[str, int]:
    with provider.database.reading() as tx:
        count = sa.select(sa.func.count())
        return {t.name: tx.execute(count.select_from(t)).scalar_one() for t in Base.metadata.sorted_tables}


def _told() -> set[str]:
    """The tables that the threat model lists."""
    model = (ROOT / "docs" / "threat-model.md").read_text(encoding="utf-8")
    section = model.partition("## Data that a stranger can store")[2].partition("\n## ")[0]
    first_cells = [line.split("|")[1] for line in section.splitlines() if line.startswith("| `")]
    return set(re.findall(r"`(\w+)`", " ".join(first_cells)))
