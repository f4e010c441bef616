"""The cost of the protocol's hot paths inside one process: `python -m bench.inprocess [repetitions]`.

WSGI calls of one thread, without a server or a network, against PostgreSQL where it is installed and SQLite otherwise.
Unit: processor time of this process, which other programs change less than the clock's; the database's own work is
not in it. The ratio is that to a bare Flask route that answers JSON. The figure is the median of five runs.
"""

import statistics
import sys
import tempfile
import time
from base64 import b64encode
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import msgspec
from flask import Flask, jsonify

import flows
from bench import served
from idp import methods, random_values
from idp.app import create_app
from idp.clients.client import Client
from idp.clients.policy import Policy
from idp.clients.registry import Registry
from idp.database import Base
from idp.grants import authorization_codes, client_sessions
from idp.grants.authorization import Authorization
from idp.people import accounts
from idp.people.accounts import NewPerson
from idp.people.email_address import Email, normalise_email
from idp.people.person import Person
from idp.provider import Provider
from idp.sessions import signing_in
from idp.sessions.assurance import Proof
from idp.settings_loader import load_settings

SECRET = "bench-secret-0123456789abcdef0123456789"  # noqa: S105
REDIRECT = "https://portal.example/callback"
FORMATS = ("jwt", "opaque")
RUNS = 5


def main(repetitions: int) -> None:
    with served.throw_away_database() as url, application(url) as app, Path("/dev/null").open("w") as nowhere:
        sys.stderr, shown = nowhere, sys.stderr  # the line of each request is written, to where it costs no disk
        bench = Bench(app)
        unit = measure(bare(), repetitions)
        report("bare Flask route", unit, unit)
        for name, call in bench.cases():
            report(name, measure(call, repetitions), unit)
        sys.stderr = shown


def report(name: str, took: float, unit: float) -> None:
    sys.stdout.write(f"{name:44} {took * 1e6:7.0f} µs {took / unit:6.1f}\n")
    sys.stdout.flush()


def measure(call: Callable[[], Any], repetitions: int) -> float:
    """Return the processor time of a call in seconds: the median of some runs, after a warm-up."""
    for _ in range(20):
        call()
    runs = []
    for _ in range(RUNS):
        begin = time.process_time()
        for _ in range(repetitions):
            call()
        runs.append((time.process_time() - begin) / repetitions)
    return statistics.median(runs)


@contextmanager
def application(url: str) -> Iterator[Flask]:
    """Give the provider on a fresh database, without people."""
    with tempfile.TemporaryDirectory() as folder:
        overrides = {
            "database": {"url": url or f"sqlite:///{folder}/bench.sqlite3"},
            "files": {"clients": folder, "brands": folder, "variable": folder},
            "secrets": {"keys": {"bench": b"0" * 32}, "active": "bench"},
        }
        app = create_app(load_settings({"IDP_ENVIRONMENT": "testing"}, overrides=overrides), flows=flows.ALL)
        provider: Provider = app.extensions["provider"]
        Base.metadata.create_all(provider.database.writing_engine)
        registry = provider.registry.current()
        provider.registry.adopt(Registry([*registry.clients, *map(_client, FORMATS)], registry.brands))
        yield app
        provider.database.dispose()


def _client(token_format: Any) -> Client:
    return Client(
        client_id=token_format,
        client_name="Bench",
        redirect_uris=(REDIRECT,),
        grant_types=("authorization_code", "refresh_token", "client_credentials"),
        scope="openid email offline_access api",
        secret_digests=(random_values.fingerprint(SECRET),),
        id_token_signed_response_alg="ES256",
        policy=Policy(access_token_format=token_format),
    )


def bare() -> Callable[[], Any]:
    """Return a call of a route that does nothing, in an application without anything around it."""
    app = Flask("bare")
    app.add_url_rule("/bare", "bare", lambda: jsonify(sub="p1"), methods=["GET"])
    http = Wsgi(app)
    return lambda: http.get("/bare")


@dataclass
class Answer:
    status: int = 0
    body: bytes = b""

    def json(self) -> Any:
        return msgspec.json.decode(self.body)


class Wsgi:
    """Calls an application as a server does, with the headers that programs and proxies send."""

    def __init__(self, app: Flask) -> None:
        self.app = app

    def get(self, path: str, authorization: str = "") -> Answer:
        return self._call("GET", path, authorization, b"")

    def post(self, path: str, authorization: str, form: dict[str, str]) -> Answer:
        return self._call("POST", path, authorization, urlencode(form).encode())

    def _call(self, method: str, path: str, authorization: str, body: bytes) -> Answer:
        environ: dict[str, Any] = {
            "REQUEST_METHOD": method,
            "SCRIPT_NAME": "",
            "PATH_INFO": path,
            "QUERY_STRING": "",
            "SERVER_NAME": "localhost",
            "SERVER_PORT": "8000",
            "SERVER_PROTOCOL": "HTTP/1.1",
            "REMOTE_ADDR": "127.0.0.1",
            "HTTP_HOST": "localhost:8000",
            "HTTP_ACCEPT": "*/*",
            "HTTP_USER_AGENT": "bench",
            "wsgi.url_scheme": "http",
            "wsgi.version": (1, 0),
            "wsgi.input": BytesIO(body),
            "wsgi.errors": sys.stderr,
            "wsgi.multithread": True,
            "wsgi.multiprocess": True,
            "wsgi.run_once": False,
        }
        if authorization:
            environ["HTTP_AUTHORIZATION"] = authorization
        if body:
            environ |= {"CONTENT_TYPE": "application/x-www-form-urlencoded", "CONTENT_LENGTH": str(len(body))}
        answer = Answer()

        def start(status: str, _headers: list[tuple[str, str]], *_: Any) -> None:
            answer.status = int(status[:3])

        parts = self.app.wsgi_app(environ, start)
        answer.body = b"".join(parts)
        if hasattr(parts, "close"):
            parts.close()
        assert answer.status == 200, answer
        return answer


class Bench:
    """One person, signed in; one client per access token format."""

    def __init__(self, app: Flask) -> None:
        self.provider: Provider = app.extensions["provider"]
        self.http = Wsgi(app)
        self.person_id, self.session_id = self._sign_in()
        self.tokens = {name: self._redeem(name).json() for name in FORMATS}

    def cases(self) -> Iterator[tuple[str, Callable[[], Any]]]:
        yield "liveness", lambda: self.http.get("/healthz")
        yield "discovery", lambda: self.http.get("/.well-known/openid-configuration")
        yield "JWKS", lambda: self.http.get("/jwks.json")
        yield "client_credentials, JWT ES256", lambda: self._machine("jwt")
        yield "client_credentials, opaque", lambda: self._machine("opaque")
        yield "issue and redeem a code, JWT and ID token", lambda: self._redeem("jwt")
        yield "issue and redeem a code, opaque and ID token", lambda: self._redeem("opaque")
        yield "refresh, JWT and ID token", lambda: self._refresh("jwt")
        yield "refresh, opaque and ID token", lambda: self._refresh("opaque")
        yield "userinfo, JWT", lambda: self._userinfo("jwt")
        yield "userinfo, opaque", lambda: self._userinfo("opaque")
        yield "introspection, JWT", lambda: self._introspect("jwt")
        yield "introspection, opaque", lambda: self._introspect("opaque")

    def _machine(self, name: str) -> Answer:
        return self._post("/token", name, grant_type="client_credentials", scope="api")

    def _redeem(self, name: str) -> Answer:
        form = {"grant_type": "authorization_code", "code": self._code(name), "redirect_uri": REDIRECT}
        return self._post("/token", name, **form)

    def _refresh(self, name: str) -> None:
        given = {"grant_type": "refresh_token", "refresh_token": self.tokens[name]["refresh_token"]}
        self.tokens[name] = self._post("/token", name, **given).json()

    def _userinfo(self, name: str) -> None:
        self.http.get("/userinfo", f"Bearer {self.tokens[name]['access_token']}")

    def _introspect(self, name: str) -> None:
        self._post("/introspect", name, token=self.tokens[name]["access_token"])

    def _post(self, path: str, client_id: str, **form: str) -> Answer:
        credentials = b64encode(f"{client_id}:{SECRET}".encode()).decode()
        return self.http.post(path, f"Basic {credentials}", form)

    def _code(self, client_id: str) -> str:
        with self.provider.database.transaction() as tx:
            whose = {"session_id": self.session_id, "client_id": client_id, "person_id": self.person_id}
            client = self.provider.registry.current().client(client_id)
            assert client is not None
            sid = client_sessions.open_session(
                tx,
                session_id=self.session_id,
                client=client,
                person_id=self.person_id,
                subject=self.person_id,
                knows_organisations=False,
            )
            authorized = Authorization(
                **whose,
                subject=self.person_id,
                scope=("openid", "email", "offline_access"),
                auth_time=tx.now,
                acr="password",
                amr=("pwd",),
                sid=sid,
            )
            return authorization_codes.issue(tx, authorized, redirect_uri=REDIRECT)

    def _sign_in(self) -> tuple[str, str]:
        email = normalise_email("bench@example.ch")
        assert isinstance(email, Email)
        with self.provider.database.transaction() as tx:
            new = NewPerson(email=email, given_name="B", family_name="Ench", language="fr")
            person = accounts.create(tx, new, reason="bench")
            assert isinstance(person, Person)
            started = signing_in.start(
                tx,
                self.provider.settings.sessions,
                person_id=person.id,
                group="jwt",
                proofs=(Proof(methods.PASSWORD, tx.now),),
                browser="",
            )
            return person.id, started.session.id


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 300)
