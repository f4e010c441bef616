"""Anne at home, signed in at e-services; and whoever else has a browser."""

from collections.abc import Sequence
from datetime import timedelta

import pytest
from flask import Flask

from idp import methods
from idp.database import Origin
from idp.grants import client_sessions
from idp.provider import Provider
from idp.sessions import signing_in
from idp.sessions.session import Session
from tests.flows.conftest import Account
from tests.support.browser import DESKTOP, Browser
from tests.support.proofs import proved

TELEPHONE = "Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) Version/18.0 Mobile/15E148 Safari/604.1"
HOME = "192.0.2.44"
AWAY = "203.0.113.9"
RECENT = timedelta(minutes=5)
METHODS = (methods.PASSWORD, methods.SMS)


@pytest.fixture
def home(app: Flask, provider: Provider, anne: Account) -> Browser:
    """Anne's browser, in which she has just signed in at e-services."""
    return signed_in(app, provider, anne.id)


def signed_in(
    app: Flask,
    provider: Provider,
    person_id: str,
    portal: str = "e-services",
    proofs: Sequence[str] = METHODS,
    language: str = "en",
) -> Browser:
    browser = Browser(app, language=language)
    browser.get("/")
    group = group_of(provider, portal)
    token, _ = start(provider, person_id, portal, browser=browser.cookie("browser"), address=HOME, proofs=proofs)
    browser.client.set_cookie(f"session-{group}", token)
    return browser


def elsewhere(provider: Provider, person_id: str, portals: Sequence[str] = (), user_agent: str = TELEPHONE) -> Session:
    """A session on a telephone in another network, which has been at these portals."""
    _, session = start(provider, person_id, "e-services", address=AWAY, user_agent=user_agent)
    with provider.database.transaction() as tx:
        for portal in portals:
            client = provider.registry.current().client(portal)
            assert client is not None
            client_sessions.open_session(
                tx,
                session_id=session.id,
                client=client,
                person_id=person_id,
                subject=person_id,
                knows_organisations=False,
            )
    return session


def start(
    provider: Provider,
    person_id: str,
    portal: str,
    *,
    browser: str = "",
    address: str,
    user_agent: str = DESKTOP,
    proofs: Sequence[str] = METHODS,
) -> tuple[str, Session]:
    with provider.database.transaction(Origin(address=address, user_agent=user_agent)) as tx:
        started = signing_in.start(
            tx,
            provider.settings.sessions,
            person_id=person_id,
            group=group_of(provider, portal),
            proofs=proved(tx.now, *proofs),
            browser=browser,
            replacing=None,
        )
    return started.token, started.session


def group_of(provider: Provider, portal: str) -> str:
    client = provider.registry.current().client(portal)
    assert client is not None
    return client.sso_group
