"""A sample portal hears of its people's accounts and ends its own sessions, over real HTTP (docs/events.md)."""

import pytest
import requests

from idp import methods
from idp.actions import disabling
from idp.actions.actor import Actor
from idp.events.push import SecurityEventPush
from idp.events.transmission import PUSH
from idp.messages.delivery import stateless
from idp.messages.worker import Worker
from idp.sessions import ending
from idp.upkeep import chores
from tests.e2e.people import insured
from tests.e2e.sites import Sites

PWD, SMS = methods.PASSWORD, methods.SMS
PORTAL = "connect-assures"


@pytest.fixture
def client_ids() -> tuple[str, ...]:
    return (PORTAL,)


@pytest.fixture
def visitor() -> requests.Session:
    return requests.Session()


@pytest.fixture
def visit(sites: Sites, visitor: requests.Session) -> tuple[str, str]:
    """The ids of a person who is signed in at the portal, and of the provider's session."""
    chores.follow_client_files(sites.provider)
    person = insured(sites.provider, PORTAL)
    session = sites.sign_in(visitor, person, PORTAL, PWD, SMS)
    assert "Bonjour Anne" in visitor.get(sites.url(PORTAL) + "/login").text
    return person, session


def deliver_events(sites: Sites) -> None:
    """What the worker does with events, now; logout tokens stay where they are."""
    here = sites.provider
    push = SecurityEventPush(
        here.database, here.registry, here.signing_keys, here.outbound, issuer=sites.issuer, at_once=1
    )
    deliveries = {PUSH: stateless(push)}
    Worker(here.settings.outbox, here.clock, here.database, deliveries, lambda _tx, _about: None).run_once()


def test_a_session_that_was_revoked_ends_at_the_portal(
    sites: Sites, visitor: requests.Session, visit: tuple[str, str]
) -> None:
    """CAEP §3.1"""
    with sites.provider.database.transaction() as tx:
        ending.end(tx, visit[1], reason="test")

    deliver_events(sites)

    assert "Votre session a pris fin" in visitor.get(sites.url(PORTAL) + "/").text


def test_a_disabled_account_ends_every_session_at_the_portal(
    sites: Sites, visitor: requests.Session, visit: tuple[str, str]
) -> None:
    """RISC §2.3"""
    with sites.provider.database.transaction() as tx:
        disabling.disable(tx, visit[0], by=Actor.clerk("anna"), reason="test")

    deliver_events(sites)

    assert "Votre session a pris fin" in visitor.get(sites.url(PORTAL) + "/").text


@pytest.mark.parametrize("token", ["", "a.b.c", "é"])
def test_a_false_event_ends_nothing(
    sites: Sites, visitor: requests.Session, visit: tuple[str, str], token: str
) -> None:
    """RFC 8935 §2.3"""
    answer = visitor.post(sites.url(PORTAL) + "/events", token.encode())

    assert (answer.status_code, answer.json()) == (400, {"err": "invalid_request"})
    assert "Bonjour Anne" in visitor.get(sites.url(PORTAL) + "/").text
