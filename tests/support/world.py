"""A person who is signed in at the client `basic`, and that client, which believes what discovery says."""

import re
from collections.abc import Mapping

from flask import Flask
from werkzeug.test import TestResponse

from idp.provider import Provider
from tests.support.clock import MovableClock
from tests.support.relying_party import Answer, RelyingParty
from tests.support.signed_in import sign_in
from tests.support.tokens import TokenClient, good

GRANT = "urn:ietf:params:oauth:grant-type:"
API = "https://api.example.ch/"


class World:
    """`party` is the front of the client `basic`, `basic` its back, `browser` the one of `person`."""

    def __init__(self, app: Flask, provider: Provider, clock: MovableClock, person: str) -> None:
        self.app, self.provider, self.clock, self.person = app, provider, clock, person
        self.party = RelyingParty(app, "basic")
        self.basic = TokenClient(app, "basic")
        self.metadata = self.party.metadata
        self.browser = app.test_client()
        self.sign_in()

    def sign_in(self, *proofs: str) -> None:
        sign_in(self.provider, self.browser, self.person, "basic", *proofs)
        self.clock.forward(seconds=1)

    def authorize(self, **changes: str | None) -> Answer:
        return self.party.authorize(self.browser, **changes)

    def post(self, endpoint: str, form: Mapping[str, str], headers: dict[str, str] | None = None) -> TestResponse:
        path = self.metadata[endpoint].removeprefix("http://localhost")
        return self.app.test_client(use_cookies=False).post(path, data=form, headers=headers)

    def answer(self, kind: str) -> str:
        """What can be signed and encrypted, in the form in which it arrives."""
        if kind == "authorization":
            asked = self.party.request(response_mode="jwt")
            return self.browser.get("/authorize", query_string=asked).headers["Location"].partition("response=")[2]
        tokens = self.basic.tokens(self.person)
        if kind == "id_token":
            return str(tokens["id_token"])
        if kind == "userinfo":
            return self.basic.userinfo(tokens["access_token"]).text
        accepted = {"Accept": "application/token-introspection+jwt"}
        return self.basic.post("/introspect", accepted, token=tokens["access_token"]).text

    def let_a_device_in(self) -> TestResponse:
        sign_in(self.provider, self.browser, self.person, "television")
        television = TokenClient(self.app, "television")
        waiting = good(self.post("device_authorization_endpoint", {"client_id": "television", "scope": "openid"}))
        form = re.compile(r'name="(csrf_token|request)" value="([^"]+)"')
        asked = dict(form.findall(self.browser.get("/device").text))
        page = self.browser.post("/device", data={**asked, "code": waiting["user_code"]}, follow_redirects=True)
        self.browser.post("/device/confirm", data={**dict(form.findall(page.text)), "action": "allow"})
        return television.post("/token", grant_type=f"{GRANT}device_code", device_code=waiting["device_code"])

    def exchange(self, token: str) -> TestResponse:
        kind = "urn:ietf:params:oauth:token-type:access_token"
        ask = TokenClient(self.app, "exchange").post
        return ask(
            "/token", grant_type=f"{GRANT}token-exchange", subject_token=token, subject_token_type=kind, resource=API
        )
