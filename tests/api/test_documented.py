"""The examples of docs/api.md run as they stand there: one for each operation, by curl and in Python."""

import json
import os
import re
import subprocess
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path
from threading import Thread
from typing import Any
from urllib.parse import urlsplit

import pytest
import requests
import sqlalchemy as sa
from flask import Flask
from werkzeug.serving import make_server

from idp.api.operation import PARAMETER, Operation
from idp.api.routes import OPERATIONS
from idp.clients.subscriptions import Webhook
from idp.clock import SystemClock
from idp.credentials import passwords
from idp.database import Transaction
from idp.grants import consents
from idp.organisations import memberships
from idp.organisations.memberships import Rights
from idp.people import closures, insured
from idp.people.enrolments import Enrolment
from idp.people.insured import Particulars, RegisterEntry
from idp.people.legacy import CONTESTED, LegacyAccount
from idp.provider import Provider
from idp.upkeep.job_work import JobWork
from tests.api.conftest import Neighbours
from tests.api.test_persons import reach
from tests.rules.source import ROOT
from tests.support.people import person
from tests.support.ports import free_port
from tests.support.programs import API, KEY, Program
from tests.support.tokens import start_session

PAGE = (ROOT / "docs" / "api.md").read_text(encoding="utf-8")
ISSUER = "https://login.example.ch"
ADDRESSES = [(each, re.compile(PARAMETER.sub("[^/?]+", each.path) + r"(\?.*)?")) for each in OPERATIONS]


def blocks(language: str) -> list[str]:
    return re.findall(rf"```{language}\n(.*?)```", PAGE, re.DOTALL)


def operation_of(method: str, path: str) -> Operation:
    return next(each for each, address in ADDRESSES if each.method == method and address.fullmatch(path))


@pytest.fixture
def clock() -> SystemClock:
    """Curl and the token of the page live in the time of this machine."""
    return SystemClock()


@pytest.fixture(scope="module")
def port() -> int:
    return free_port()


@pytest.fixture
def overrides(port: int) -> dict[str, Any]:
    return {"server": {"issuer": f"http://localhost:{port}"}}


@dataclass(frozen=True)
class Fund:
    """The fund of the page, served at `issuer`; `known` are the variables of its examples."""

    issuer: str
    known: Mapping[str, str]


@pytest.fixture
def fund(app: Flask, provider: Provider, neighbours: Neighbours, clock: SystemClock, port: int) -> Iterator[Fund]:
    hook = Webhook(types=("member.invited",), url="https://software.example.ch/hooks", secret_env="HOOK_SECRET")
    program = Program(app, clock, bearer=True, webhook=hook)
    hashed = provider.hasher.hash("quatre mots sans aucun lien")
    with provider.database.transaction() as tx:
        member = _fill(tx, neighbours, hashed)
    session = start_session(provider, neighbours.rosa, "connect-assures")
    reach(provider, session.id, neighbours.rosa, "connect-assures")
    server = make_server("localhost", port, app, threaded=True)
    thread = Thread(target=server.serve_forever)
    thread.start()
    issuer = provider.settings.server.issuer
    try:
        yield Fund(
            issuer,
            {
                "API": issuer + API,
                "TOKEN": program.take_token(),
                "PERSON": neighbours.rosa,
                "SESSION": session.id,
                "MEMBER": member,
            },
        )
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def _fill(tx: Transaction, neighbours: Neighbours, hashed: str) -> str:
    """Return the membership of a user of the company."""
    passwords.replace(tx, neighbours.rosa, hashed, floor=12, reason="test")
    for number in ("4711", "4712"):
        address = ("Rue du Lac 12", "1800 Vevey")
        known = Particulars(given_name="Beat", family_name="Muster", birth_date=date(1956, 7, 16), address=address)
        insured.store_many(tx, "AK00", [RegisterEntry(number, "fr", known)])
    tx.add(
        LegacyAccount(id="1", portal="connect-assures", identifier="N1", key="n1", imported_at=tx.now, state=CONTESTED)
    )
    closures.begin(tx, neighbours.rosa, due_at=tx.now + timedelta(days=30), client_id="connect-assures")
    consents.grant(tx, neighbours.rosa, "connect-assures", ["email"])
    elsewhere = sa.delete(Enrolment).where(Enrolment.portal == "e-services", Enrolment.person_id == neighbours.rosa)
    tx.session.execute(elsewhere)
    luca = person(tx, "luca.bernasconi@example.ch", given_name="Luca")
    return memberships.join(tx, neighbours.company, luca.id, Rights(topics=("salaries",))).id


def learned(operation: Operation, answer: Any, tag: str) -> dict[str, str]:
    """What a reader takes from an answer for the next line."""
    name = operation.name
    if name == "issue_letters":
        return {"LETTER": answer["letters"][0]["reference"], "CAMPAIGN": answer["campaign"]}
    if name == "invite_administrator":
        return {"INVITATION": answer["reference"]}
    if name == "order_letter_job":
        return {"JOB": answer["id"]}
    if name in {"order_invitations", "order_member_changes"}:
        return {"MEMBER_JOB": answer["id"]}
    if name == "list_methods":
        return {"METHOD": answer["items"][0]["id"]}
    if name == "invite_member":
        return {"INVITED": answer["id"]}
    return {"TAG": tag} if name == "read_member" else {}


def test_every_line_of_curl_works(fund: Fund, provider: Provider, tmp_path: Path) -> None:
    known, seen = dict(fund.known), set()
    headers = tmp_path / "headers"
    for line in "".join(blocks("sh")).splitlines():
        path = re.search(r'"\$API([^"]+)"', line)
        assert path is not None
        shown = subprocess.run(
            ["bash", "-c", f'curl() {{ command curl -sS --fail-with-body -D "{headers}" "$@"; }}; {line}'],
            env={**os.environ, **known},
            capture_output=True,
            text=True,
            timeout=30,
            check=False,
        )
        assert shown.returncode == 0, f"{line}\n{shown.stdout}{shown.stderr}"
        method = "PUT" if " -X PUT " in line else "POST" if " --json " in line else "GET"
        operation = operation_of(method, path[1])
        seen.add(operation.name)
        tag = re.search(r"(?im)^etag: (\S+)", headers.read_text())
        known |= learned(operation, json.loads(shown.stdout or "null"), tag[1] if tag else "")
        if operation.name in {"order_letter_job", "order_invitations"}:
            JobWork(provider).run_once()

    assert seen == {each.name for each in OPERATIONS}


def test_every_line_of_python_works(
    fund: Fund, provider: Provider, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "key.pem").write_bytes(KEY.as_pem(private=True))
    seen = set()
    send = requests.Session.request

    def noted(self: requests.Session, method: str, url: str, **options: Any) -> requests.Response:
        path = urlsplit(url)._replace(scheme="", netloc="").geturl()
        answer = send(self, method, url, **options)
        if path.startswith(API):
            name = operation_of(method, path.removeprefix(API)).name
            seen.add(name)
            if name in {"order_letter_job", "order_invitations"}:
                JobWork(provider).run_once()
        return answer

    monkeypatch.setattr(requests.Session, "request", noted)
    source = "".join(blocks("python")).replace(ISSUER, fund.issuer)
    names: dict[str, Any] = {}
    exec(compile(source, "docs/api.md", "exec"), names)
    names["session"].close()

    for name in ("letters.pdf", "wave-2-0.pdf"):
        assert (tmp_path / name).read_bytes().startswith(b"%PDF-")
    assert seen == {each.name for each in OPERATIONS}
