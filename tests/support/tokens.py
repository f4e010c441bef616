"""The token side of a correct client: codes come from the domain, without a browser, and every request can be bent.

client = TokenClient(app, "basic")
code = client.code(person_id, scope="openid offline_access")
answer = client.redeem(code, code_verifier=ABSENT)      # a correct request, but for the verifier
"""

from base64 import b64encode
from typing import Any
from urllib.parse import quote

import msgspec
from flask import Flask
from joserfc import jwt
from joserfc.jwk import KeySet
from werkzeug.test import TestResponse

from idp import methods
from idp.clients.client import Client
from idp.grants import authorization_codes, client_sessions, subjects
from idp.grants.authorization import Authorization
from idp.oidc import access_token
from idp.provider import Provider
from idp.sessions import ending, signing_in
from idp.sessions.session import Session
from tests.support.clients import redirect_uri_of, secret_of
from tests.support.proofs import proved
from tests.support.relying_party import ABSENT, ALGORITHMS, VERIFIER, challenge_of

__all__ = ["ABSENT", "TokenClient", "start_session"]


def start_session(provider: Provider, person_id: str, client_id: str, *proofs: str) -> Session:
    """A session of this person in the group of this client, without a browser."""
    client = provider.registry.current().client(client_id)
    assert client is not None
    with provider.database.transaction() as tx:
        return signing_in.start(
            tx,
            provider.settings.sessions,
            person_id=person_id,
            group=client.sso_group,
            proofs=proved(tx.now, *(proofs or (methods.PASSWORD,))),
            browser="",
        ).session


class TokenClient:
    def __init__(self, app: Flask, client_id: str) -> None:
        self.provider: Provider = app.extensions["provider"]
        self.client_id = client_id
        self.http = app.test_client(use_cookies=False)
        self.session: Session | None = None

    @property
    def client(self) -> Client:
        found = self.provider.registry.current().client(self.client_id)
        assert found is not None
        return found

    def authorization(self, person_id: str, *, scope: str = "openid", **changes: Any) -> Authorization:
        """What the authorization endpoint would have found out; signs the person in first if nobody is."""
        if self.session is None or self.session.person_id != person_id:
            self.session = start_session(self.provider, person_id, self.client_id)
        session = self.session
        with self.provider.database.transaction() as tx:
            subject = subjects.subject_of(tx, person_id, self.client)
            sid = client_sessions.open_session(
                tx,
                session_id=session.id,
                client=self.client,
                person_id=person_id,
                subject=subject,
                knows_organisations="organisations" in scope.split(),
            )
        authorized = Authorization(
            client_id=self.client_id,
            person_id=person_id,
            subject=subject,
            scope=tuple(scope.split()),
            auth_time=session.signed_in_at,
            acr=session.acr,
            amr=session.amr,
            session_id=session.id,
            sid=sid,
            nonce="nonce-1",
        )
        return msgspec.structs.replace(authorized, **changes)

    def code(
        self, person_id: str, *, scope: str = "openid", challenge: str | None = None, dpop_jkt: str = "", **changes: Any
    ) -> str:
        """A fresh authorization code for this person."""
        authorized = self.authorization(person_id, scope=scope, **changes)
        with self.provider.database.transaction() as tx:
            return authorization_codes.issue(
                tx,
                authorized,
                redirect_uri=redirect_uri_of(self.client_id),
                code_challenge=challenge_of(VERIFIER) if challenge is None else challenge,
                dpop_jkt=dpop_jkt,
            )

    def end_session(self) -> None:
        """The person logs out."""
        assert self.session is not None
        with self.provider.database.transaction() as tx:
            ending.end(tx, self.session.id, reason="logout")
        self.session = None

    def credentials(self) -> tuple[dict[str, str], dict[str, str]]:
        """The header and form fields by which this client authenticates."""
        method = self.client.token_endpoint_auth_method
        if method == "client_secret_basic":
            pair = f"{quote(self.client_id, safe='')}:{quote(secret_of(self.client_id), safe='')}"
            return {"Authorization": "Basic " + b64encode(pair.encode()).decode()}, {}
        if method == "client_secret_post":
            return {}, {"client_id": self.client_id, "client_secret": secret_of(self.client_id)}
        return {}, {"client_id": self.client_id}

    def post(self, path: str, headers: dict[str, str] | None = None, **form: str | None) -> TestResponse:
        """An authenticated POST of these fields; `ABSENT` leaves one out, also one of the credentials."""
        own_headers, own_form = self.credentials()
        sent = {name: value for name, value in {**own_form, **form}.items() if value is not None}
        return self.http.post(path, data=sent, headers={**own_headers, **(headers or {})})

    def redeem(self, code: str, **changes: Any) -> TestResponse:
        correct = {
            "grant_type": "authorization_code",
            "code": code,
            "redirect_uri": redirect_uri_of(self.client_id),
            "code_verifier": VERIFIER,
        }
        return self.post("/token", **{**correct, **changes})

    def refresh(self, token: str, **changes: Any) -> TestResponse:
        return self.post("/token", **{"grant_type": "refresh_token", "refresh_token": token, **changes})

    def tokens(self, person_id: str, *, scope: str = "openid", **changes: Any) -> dict[str, Any]:
        """The answer to a correct authorization and redemption."""
        return good(self.redeem(self.code(person_id, scope=scope, **changes)))

    def userinfo(self, token: str, *, scheme: str = "Bearer") -> TestResponse:
        return self.http.get("/userinfo", headers={"Authorization": f"{scheme} {token}"})

    def verified(self, token: str) -> dict[str, Any]:
        """The claims of a token that the provider signed."""
        return self.decoded(token).claims

    def decoded(self, token: str) -> jwt.Token:
        keys = KeySet.import_key_set(self.http.get("/jwks.json").get_json())
        return jwt.decode(token, keys, ALGORITHMS)


def delegated(provider: Provider, token: str) -> str:
    """Return the same access token, signed by the provider, in which another client acts (RFC 8693 §4.1)."""
    claims = provider.signing_keys.verify(token).claims
    return access_token.sign(provider.signing_keys, {**claims, "act": {"sub": "another-client"}})


def good(response: TestResponse) -> dict[str, Any]:
    """The JSON of an answer that must have succeeded."""
    assert response.status_code == 200, response.text
    found: dict[str, Any] = response.get_json()
    return found


def refused(response: TestResponse, error: str, status: int = 400) -> None:
    """The answer is this refusal, in JSON that nobody caches."""
    assert (response.status_code, response.get_json()["error"]) == (status, error), response.text
    assert response.headers["Cache-Control"] == "no-store"
