"""Whatever is sent to whatever address: no bug answers, and nothing of our inside is shown."""

import re
from collections.abc import Iterator
from io import BytesIO
from typing import Any
from urllib.parse import unquote_to_bytes

import pytest
from flask import Flask
from werkzeug.routing import Rule
from werkzeug.test import EnvironBuilder, run_wsgi_app

from flows import JOURNEYS
from flows.engine.forms import fields_of
from idp.web import csrf
from tests.flows.organisation.conftest import Firm, admin, claire, firm, luca
from tests.support.browser import Browser

__all__ = ["admin", "claire", "firm", "luca"]

ENORMOUS = "é" * 100_000
HOSTILE = {
    "nothing": "",
    "a NUL": "a\0b",
    "much": ENORMOUS,
    "emoji": "👩‍👩‍👧‍👦" * 20 + "\u202eright to left\u202c\u2066",
    "controls": "\x01\x1b[31m\x7f\u2028\r\nSet-Cookie: a=b",
    "markup": "<script>alert(1)</script>{{7*7}}%s%n${x}' OR 1=1 --\"; ../../../../etc/passwd",
    "numbers": "99999999999999999999999999999999999999",
    "a lone surrogate": "\ud800",
}
FIELDS = """
    identifier password code birth_date email phone user_code action step visit page_language back given_name
    family_name language terms new_password new_password_again organisation user administrator topics deactivated
    honorific grant_type client_id client_secret client_assertion client_assertion_type token token_type_hint
    refresh_token redirect_uri request request_uri scope state nonce prompt max_age ui_locales login_hint
    id_token_hint acr_values claims resource response_mode response_type code_challenge code_challenge_method
    code_verifier logout_token post_logout_redirect_uri sid iss portal return link before q sort down page done
    refused device_code dpop_jkt authorization_details
""".split()  # noqa: SIM905  sixty words read better than sixty strings
OUR_INSIDE = re.compile(r"Traceback|sqlalchemy|werkzeug\.|psycopg|site-packages|/templates/|jinja2")


class Prepared:
    """One request, to be sent to one address after the other: writing it takes as long as answering it."""

    def __init__(self, method: str, sent: dict[str, Any], browser: str) -> None:
        self.name = f"{method} {list(sent)}"
        self._environ = EnvironBuilder(method=method, **sent).get_environ()
        self._environ["HTTP_COOKIE"] = f"browser={browser}"
        self._body = self._environ["wsgi.input"].read()

    def send(self, app: Flask, path: str) -> tuple[int, str]:
        """The status, and what is answered."""
        decoded = unquote_to_bytes(path).decode("latin-1")
        target = {"PATH_INFO": decoded, "REQUEST_URI": path, "RAW_URI": path}
        chunks, status, _headers = run_wsgi_app(
            app, {**self._environ, **target, "wsgi.input": BytesIO(self._body)}, buffered=True
        )
        return int(status.split()[0]), b"".join(chunks).decode("utf-8", "replace")


@pytest.fixture
def browser(app: Flask) -> Browser:
    """A stranger's browser whose forms are accepted: it has its cookie, and its token."""
    browser = Browser(app)
    browser.get("/")
    return browser


@pytest.mark.parametrize("hostile", HOSTILE.values(), ids=HOSTILE)
def test_no_address_answers_hostile_input_with_a_bug(app: Flask, browser: Browser, hostile: str) -> None:
    """X-05, X-06"""
    token = csrf.token(app.extensions["provider"].sealer, browser.cookie("browser"))
    failed = []
    prepared = [Prepared(method, sent, browser.cookie("browser")) for method, sent in _requests(hostile, token)]

    for rule in app.url_map.iter_rules():
        path = _path(rule, hostile)
        for request in prepared:
            status, body = request.send(app, path)
            broken = status >= 500 and rule.endpoint != "health.ready"  # which says so when all is not well
            if broken or OUR_INSIDE.search(body):
                failed.append(f"{request.name} {rule.rule}: {status}")

    assert failed == []


@pytest.mark.parametrize("hostile", HOSTILE.values(), ids=HOSTILE)
def test_no_first_page_of_a_journey_answers_hostile_input_with_a_bug(
    app: Flask, admin: Browser, firm: Firm, hostile: str
) -> None:
    """X-05, X-06: as a stranger in some, as a company's administrator in the others"""
    token = csrf.token(app.extensions["provider"].sealer, admin.cookie("browser"))
    typed = hostile[:1000].encode("utf-8", "replace").decode()
    failed, statuses = [], set()

    portals = ("connect", "connect-assures") if len(hostile) % 2 else ("e-services", "espace-personnel")
    for flow in JOURNEYS:
        for portal in portals:
            asked = f"/{flow.name}?portal={portal}&user={firm.luca}&organisation={firm.id}"
            for step in flow.steps:
                filled = dict.fromkeys(fields_of(step.form), typed) | {"csrf_token": token, "step": step.name}
                answer = admin.client.post(asked, data=filled)
                statuses.add(answer.status_code)
                if answer.status_code >= 500 or OUR_INSIDE.search(answer.get_data(as_text=True)):
                    failed.append(f"{asked} {step.name}: {answer.status_code}")

    assert failed == []
    assert statuses & {303, 400, 422}  # they were looked at


@pytest.mark.parametrize("hostile", HOSTILE.values(), ids=HOSTILE)
def test_no_page_of_a_company_answers_hostile_input_with_a_bug(
    app: Flask, admin: Browser, firm: Firm, hostile: str
) -> None:
    token = csrf.token(app.extensions["provider"].sealer, admin.cookie("browser"))
    octets = "".join(f"%{octet:02x}" for octet in hostile.encode("utf-8", "surrogatepass")[:1000])
    query = f"q={octets}&sort={octets}&down={octets}&page={octets}&done={octets}&before={octets}"
    failed = []

    for path in (firm.users, f"{firm.users}/journal", f"{firm.users}/{firm.nina}", f"{firm.users}/{octets or 'x'}"):
        for method, address in (("GET", path), ("HEAD", path), ("POST", f"{path}/resend"), ("POST", f"{path}/cancel")):
            answer = admin.client.open(f"{address}?{query}", method=method, headers={"X-CSRF-Token": token})
            if answer.status_code >= 500 or OUR_INSIDE.search(answer.get_data(as_text=True)):
                failed.append(f"{method} {address}: {answer.status_code}")

    assert failed == []


def _path(rule: Rule, hostile: str) -> str:
    """The address with the hostile text, cut to what a server lets through, wherever anything may stand."""
    sent = hostile.encode("utf-8", "surrogatepass")[:400].hex(" ").split()
    quoted = "".join(f"%{octet}" for octet in sent) or "x"
    return re.sub(r"<any\((\w+)[^>]*>|<[^>]+>", lambda found: found.group(1) or quoted, rule.rule)


def _requests(hostile: str, token: str) -> Iterator[tuple[str, dict[str, Any]]]:
    """One request after the other: method, and what the test client is to send."""
    octets = hostile.encode("utf-8", "surrogatepass")
    query = "&".join(f"{name}={''.join(f'%{octet:02x}' for octet in octets[:24])}" for name in FIELDS)
    pairs = b"&".join(name.encode() + b"=" + b"".join(b"%%%02x" % octet for octet in octets[:48]) for name in FIELDS)
    form = b"csrf_token=" + token.encode() + b"&" + pairs + b"&" + pairs  # every field twice
    kind = "application/x-www-form-urlencoded"
    yield "GET", {"query_string": query}
    yield "POST", {"data": form, "content_type": kind, "query_string": query}
    yield "PUT", {"data": form, "content_type": kind}
    for content_type in ("application/json", "multipart/form-data; boundary=x", "garbage;;=;\u00e9"):
        headers = {"X-CSRF-Token": token}
        yield "POST", {"data": b'{"a": [' + octets[:2000] + b"]", "content_type": content_type, "headers": headers}
    whole = {name: octets[:200].decode("utf-8", "ignore") for name in FIELDS[:20]}
    yield "POST", {"data": {**whole, "csrf_token": token}, "content_type": "multipart/form-data"}
    if not hostile:  # the same for each of them
        yield (
            "GET",
            {"headers": {"Authorization": "Bearer " + "x" * 4000, "Accept-Language": "x;q=é,*;;", "DPoP": "a.b.c"}},
        )
        yield "POST", {"data": b"csrf_token=" + token.encode() + b"&password=" + b"x" * 100_000, "content_type": kind}
