"""The cost of the token endpoint, as ratios within one run: `python -m bench.token [repetitions]`.

In-process WSGI calls against SQLite in a temporary folder, one thread. The unit is a bare route of the same
application that answers JSON; read ratios, not absolutes.
"""

import statistics
import sys
import tempfile
import time
from base64 import b64encode
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from flask import Flask, jsonify

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
from idp.settings import load_settings

SECRET = "bench-secret-0123456789abcdef0123456789"  # noqa: S105
REDIRECT = "https://portal.example/callback"
FORMATS = ("jwt", "opaque")


def main(repetitions: int) -> None:
    with tempfile.TemporaryDirectory() as folder:
        app = _application(Path(folder))
        bench = Bench(app)
        unit = _time(bench.bare, repetitions)
        _print("bare JSON route", unit, unit)
        for name, call in bench.cases():
            _print(name, _time(call, repetitions), unit)
        app.extensions["provider"].database.dispose()


def _print(name: str, took: float, unit: float) -> None:
    sys.stdout.write(f"{name:44} {took * 1e6:7.0f} µs {took / unit:6.1f}\n")


def _time(call: Callable[[], Any], repetitions: int) -> float:
    """Return the time of a call in seconds when nothing else disturbs it: the fastest tenth, after a warm-up."""
    times = []
    for repetition in range(repetitions + 20):
        begin = time.perf_counter()
        call()
        if repetition >= 20:
            times.append(time.perf_counter() - begin)
    return statistics.quantiles(times, n=10)[0]


def _application(folder: Path) -> Flask:
    overrides = {
        "database": {"url": f"sqlite:///{folder}/bench.sqlite3"},
        "files": {"clients": str(folder), "brands": str(folder), "variable": str(folder)},
        "secrets": {"keys": {"bench": b"0" * 32}, "active": "bench"},
    }
    app = create_app(load_settings({"IDP_ENVIRONMENT": "testing"}, overrides=overrides), flows=())
    provider: Provider = app.extensions["provider"]
    Base.metadata.create_all(provider.database.writing_engine)
    registry = provider.registry.current()
    provider.registry.adopt(Registry([*registry.clients, *map(_client, FORMATS)], registry.brands))
    app.add_url_rule("/bare", "bare", lambda: jsonify(sub="p1"), methods=["GET"])
    return app


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


class Bench:
    """One person, signed in; one client per access token format."""

    def __init__(self, app: Flask) -> None:
        self.provider: Provider = app.extensions["provider"]
        self.http = app.test_client(use_cookies=False)
        self.person_id, self.session_id = self._sign_in()
        self.tokens = {name: self._redeem(name).get_json() for name in FORMATS}

    def cases(self) -> Iterator[tuple[str, Callable[[], Any]]]:
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

    def bare(self) -> None:
        assert self.http.get("/bare").status_code == 200

    def _machine(self, name: str) -> Any:
        return self._post("/token", name, grant_type="client_credentials", scope="api")

    def _redeem(self, name: str) -> Any:
        form = {"grant_type": "authorization_code", "code": self._code(name), "redirect_uri": REDIRECT}
        return self._post("/token", name, **form)

    def _refresh(self, name: str) -> None:
        given = {"grant_type": "refresh_token", "refresh_token": self.tokens[name]["refresh_token"]}
        self.tokens[name] = self._post("/token", name, **given).get_json()

    def _userinfo(self, name: str) -> None:
        header = {"Authorization": f"Bearer {self.tokens[name]['access_token']}"}
        assert self.http.get("/userinfo", headers=header).status_code == 200

    def _introspect(self, name: str) -> None:
        assert self._post("/introspect", name, token=self.tokens[name]["access_token"]).get_json()["active"]

    def _post(self, path: str, client_id: str, **form: str) -> Any:
        credentials = b64encode(f"{client_id}:{SECRET}".encode()).decode()
        response = self.http.post(path, data=form, headers={"Authorization": f"Basic {credentials}"})
        assert response.status_code == 200, response.text
        return response

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
