"""The sample portals against the real provider, over HTTP: what a portal's developer relies on."""

import time
from urllib.parse import parse_qsl, urlsplit

import pytest
import requests

from idp import methods
from idp.messages import delivery
from idp.messages.worker import Worker
from idp.oidc.backchannel_logout import BackchannelLogout
from idp.sessions import ending
from idp.upkeep import chores
from tests.e2e.people import administrator, demote, enrol, give_password, insured
from tests.e2e.reading import submit
from tests.e2e.sites import Sites
from tests.support.clients import bend
from tests.support.inbox import Mailbox

PWD, SMS, EMAIL = methods.PASSWORD, methods.SMS, methods.EMAIL


@pytest.fixture
def visitor() -> requests.Session:
    return requests.Session()


def deliver_logouts(sites: Sites) -> int:
    """What the worker does, now."""
    deliveries = {"backchannel_logout": delivery.stateless(BackchannelLogout(sites.provider, sites.provider.outbound))}
    provider = sites.provider
    return Worker(
        provider.settings.outbox, provider.clock, provider.database, deliveries, lambda _tx, _about: None
    ).run_once()


def arrive(sites: Sites, visitor: requests.Session, portal: str) -> requests.Response:
    """Go from the portal's button through password and code to the portal's greeting."""
    person, _ = administrator(sites.provider)
    enrol(sites.provider, person, "e-services", "connect-assures", "espace-personnel")
    give_password(sites.provider, person, "quatre chevaux bleus")
    asked = visitor.get(sites.url(portal) + "/login")
    code_page = submit(visitor, asked, "sign-in", identifier="anne.rochat@example.ch", password="quatre chevaux bleus")
    return submit(visitor, code_page, "verify", code=Mailbox(sites.provider).last(channel="sms").code)


def test_a_person_who_is_signed_in_comes_back_to_the_portal_known(sites: Sites, visitor: requests.Session) -> None:
    """X-24"""
    person = insured(sites.provider, "connect-assures")
    sites.sign_in(visitor, person, "connect-assures", PWD, SMS)

    page = visitor.get(sites.url("connect-assures") + "/login")

    assert page.url == sites.url("connect-assures") + "/"
    assert "Bonjour Anne" in page.text
    assert '<td id="acr">mfa</td>' in page.text
    assert '<td id="amr">pwd, sms, mfa</td>' in page.text


@pytest.mark.parametrize("portal", ["e-services", "connect", "connect-assures", "espace-personnel"])
def test_a_person_goes_from_the_portal_through_password_and_code_and_back(
    sites: Sites, visitor: requests.Session, portal: str
) -> None:
    """A-16, B-08, C-10"""
    arrived = arrive(sites, visitor, portal)

    assert arrived.url == sites.url(portal) + "/"
    assert "Bonjour Anne" in arrived.text


@pytest.mark.parametrize("portal", ["e-services", "connect", "connect-assures", "espace-personnel"])
def test_the_portals_menu_leads_to_the_account_and_its_pages_back(
    sites: Sites, visitor: requests.Session, portal: str
) -> None:
    """OpenID Connect account management: `account_management_uri`"""
    home = arrive(sites, visitor, portal)

    own_pages = visitor.get(sites.url(portal) + "/account")

    assert '<li><a href="/account">' in home.text
    assert own_pages.url == f"{sites.issuer}/account?portal={portal}&ui_locales=fr"
    assert "anne.rochat@example.ch" in own_pages.text
    assert f'href="{sites.url(portal)}/login' in own_pages.text


def test_the_request_carries_pkce_state_and_nonce(sites: Sites, visitor: requests.Session) -> None:
    """RFC 7636, OIDC Core §3.1.2.1"""
    answer = visitor.get(sites.url("connect") + "/login", allow_redirects=False)

    asked = dict(parse_qsl(urlsplit(answer.headers["Location"]).query))
    assert asked["code_challenge_method"] == "S256"
    assert asked.keys() >= {"state", "nonce", "code_challenge"}


def test_an_answer_of_another_issuer_is_refused(sites: Sites, visitor: requests.Session) -> None:
    """RFC 9207 §2.4"""
    begun = visitor.get(sites.url("connect") + "/login", allow_redirects=False)
    state = dict(parse_qsl(urlsplit(begun.headers["Location"]).query))["state"]

    mixed_up = visitor.get(
        sites.url("connect") + "/callback", params={"code": "x", "state": state, "iss": "https://evil.example"}
    )

    assert mixed_up.status_code == 400
    assert "invalid_issuer" in mixed_up.text


def test_an_answer_to_nobodys_question_is_refused(sites: Sites, visitor: requests.Session) -> None:
    answer = visitor.get(sites.url("connect") + "/callback", params={"code": "x", "state": "y", "iss": sites.issuer})

    assert answer.status_code == 400
    assert "mismatching_state" in answer.text


def test_logging_out_at_the_portal_ends_the_providers_session(sites: Sites, visitor: requests.Session) -> None:
    """X-24, oidcc-rp-initiated-logout"""
    person = insured(sites.provider, "connect-assures")
    sites.sign_in(visitor, person, "connect-assures", PWD, SMS)
    portal = sites.url("connect-assures")
    visitor.get(portal + "/login")

    page = visitor.post(portal + "/logout")

    assert page.url.startswith(portal + "/?state=")
    assert "Se connecter" in page.text
    assert visitor.get(portal + "/login").url.startswith(sites.issuer)


def test_a_session_ended_elsewhere_ends_at_the_next_click(sites: Sites, visitor: requests.Session) -> None:
    """B-42, oidcc-backchannel-rp-initiated-logout"""
    person = insured(sites.provider, "connect-assures")
    session = sites.sign_in(visitor, person, "connect-assures", PWD, SMS)
    portal = sites.url("connect-assures")
    visitor.get(portal + "/login")
    with sites.provider.database.transaction() as tx:
        ending.end(tx, session, reason="test")

    delivered = deliver_logouts(sites)
    page = visitor.get(portal + "/")

    assert delivered == 1
    assert "Votre session a pris fin" in page.text


@pytest.mark.parametrize("token", ["", "a.b.c", "\0"])
def test_a_false_logout_token_ends_nothing(sites: Sites, visitor: requests.Session, token: str) -> None:
    """Back-Channel Logout §2.6"""
    portal = sites.url("connect-assures")

    answer = visitor.post(portal + "/backchannel-logout", {"logout_token": token})

    assert (answer.status_code, answer.headers["Cache-Control"]) == (400, "no-store")


def test_an_id_token_is_no_logout_token(sites: Sites, visitor: requests.Session) -> None:
    """Back-Channel Logout §2.6"""
    person = insured(sites.provider, "connect-assures")
    sites.sign_in(visitor, person, "connect-assures", PWD, SMS)
    portal = sites.url("connect-assures")
    visitor.get(portal + "/login")
    location = visitor.post(portal + "/logout", allow_redirects=False).headers["Location"]
    id_token = dict(parse_qsl(urlsplit(location).query))["id_token_hint"]

    assert visitor.post(portal + "/backchannel-logout", {"logout_token": id_token}).status_code == 400


def test_others_may_start_a_sign_in_that_returns_to_a_page_of_the_portal(
    sites: Sites, visitor: requests.Session
) -> None:
    """OIDC Core §4"""
    person = insured(sites.provider, "connect-assures")
    sites.sign_in(visitor, person, "connect-assures", PWD, SMS)
    portal = sites.url("connect-assures")

    page = visitor.get(portal + "/login", params={"iss": sites.issuer, "target_link_uri": portal + "/documents"})

    assert page.url == portal + "/documents"
    assert "Mes documents" in page.text


def test_a_sign_in_at_another_provider_is_not_started(sites: Sites, visitor: requests.Session) -> None:
    answer = visitor.get(sites.url("connect") + "/login", params={"iss": "https://evil.example"})

    assert answer.status_code == 400


def test_only_an_administrator_finds_the_user_management(sites: Sites, visitor: requests.Session) -> None:
    """B-20, B-52"""
    person, company = administrator(sites.provider)
    sites.sign_in(visitor, person, "connect", PWD, SMS)
    portal = sites.url("connect")

    as_administrator = visitor.get(portal + "/login")
    demote(sites.provider, person, company)
    as_user = visitor.get(portal + "/")

    assert "Menuiserie Favre SA" in as_administrator.text
    assert f'href="{sites.issuer}/organisations/{company}/users"' in as_administrator.text
    assert "Menuiserie Favre SA" in as_user.text
    assert "Gestion des utilisateurs" not in as_user.text


def test_a_service_that_wants_more_leads_to_the_missing_factor_and_back(
    sites: Sites, visitor: requests.Session
) -> None:
    """RFC 9470"""
    person = insured(sites.provider, "espace-personnel")
    sites.sign_in(visitor, person, "espace-personnel", PWD, EMAIL)
    portal = sites.url("espace-personnel")
    visitor.get(portal + "/login")

    refused = visitor.get(portal + "/payments")
    asked = visitor.get(portal + "/step-up", allow_redirects=False).headers["Location"]
    page = visitor.get(asked)
    sites.sign_in(visitor, person, "espace-personnel", PWD, SMS)
    granted = visitor.get(asked)

    assert refused.status_code == 401
    assert 'id="step-up"' in refused.text
    assert dict(parse_qsl(urlsplit(asked).query))["acr_values"] == "mfa"
    assert page.url.startswith(sites.issuer)
    assert granted.url == portal + "/payments"
    assert "IBAN" in granted.text


def test_a_portal_renews_its_access_token_while_the_session_lasts(sites: Sites, visitor: requests.Session) -> None:
    """RFC 6749 §6"""
    person, _ = administrator(sites.provider)
    bend(sites.provider, "connect", policy={"access_token_lifetime": 30})
    sites.sign_in(visitor, person, "connect", PWD, SMS)
    portal = sites.url("connect")
    visitor.get(portal + "/login")

    pages = [visitor.get(portal + "/") for _ in range(3)]

    assert all("Menuiserie Favre SA" in page.text for page in pages)


def test_a_portal_that_asks_at_each_page_sees_the_end_at_once(sites: Sites, visitor: requests.Session) -> None:
    """B-42: the portal's opaque token is refused with the next request."""
    person, _ = administrator(sites.provider)
    session = sites.sign_in(visitor, person, "connect", PWD, SMS)
    portal = sites.url("connect")
    visitor.get(portal + "/login")
    with sites.provider.database.transaction() as tx:
        ending.end(tx, session, reason="test")

    assert "Votre session a pris fin" in visitor.get(portal + "/").text


def test_one_sign_in_serves_the_portals_of_a_group(sites: Sites, visitor: requests.Session) -> None:
    """rulings 1"""
    person, _ = administrator(sites.provider)
    enrol(sites.provider, person, "connect-assures", "espace-personnel")
    sites.sign_in(visitor, person, "connect", PWD, SMS)

    together = visitor.get(sites.url("connect-assures") + "/login")
    alone = visitor.get(sites.url("espace-personnel") + "/login")

    assert "Bonjour Anne" in together.text
    assert alone.url.startswith(sites.issuer)


def test_a_portal_follows_the_providers_new_keys(sites: Sites, visitor: requests.Session) -> None:
    person = insured(sites.provider, "connect-assures")
    sites.sign_in(visitor, person, "connect-assures", PWD, SMS)
    portal = sites.url("connect-assures")
    visitor.get(portal + "/login")
    signing = sites.provider.signing_keys
    signing.withdraw(str(signing.signer("RS256").kid))

    page = visitor.get(portal + "/login")

    assert "Bonjour Anne" in page.text


def test_documents_are_there_for_who_is_signed_in_only(sites: Sites, visitor: requests.Session) -> None:
    """C-23"""
    portal = sites.url("connect-assures")
    before = visitor.get(portal + "/documents", allow_redirects=False)
    person = insured(sites.provider, "connect-assures")
    sites.sign_in(visitor, person, "connect-assures", PWD, SMS)
    visitor.get(portal + "/login")

    listed = visitor.get(portal + "/documents").text
    first = listed.split('href="/documents/')[1].split('"')[0]
    document = visitor.get(f"{portal}/documents/{first}")

    assert before.headers["Location"] == "/"
    assert document.headers["Content-Type"] == "application/pdf"
    assert document.content.startswith(b"%PDF-")


def test_a_provider_that_does_not_answer_ends_nobodys_visit(sites: Sites, visitor: requests.Session) -> None:
    person, _ = administrator(sites.provider)
    sites.sign_in(visitor, person, "connect", PWD, SMS)
    portal = sites.url("connect")
    visitor.get(portal + "/login")
    sites.stop_provider()

    first, second = visitor.get(portal + "/"), visitor.get(portal + "/")

    assert (first.status_code, second.status_code) == (503, 503)
    assert "ne répond pas" in second.text


def test_a_portal_whose_file_is_removed_loses_what_it_held(sites: Sites, visitor: requests.Session) -> None:
    """rulings 20"""
    person, _ = administrator(sites.provider)
    sites.sign_in(visitor, person, "connect", PWD, SMS)
    portal = sites.url("connect")
    visitor.get(portal + "/login")
    chores.follow_client_files(sites.provider)
    (sites.client_files / "connect.toml").unlink()
    time.sleep(1.1)  # files.reload, in real time

    changed = chores.follow_client_files(sites.provider)

    assert changed == 2  # it is missing, and its grace is over at once
    assert "Votre session a pris fin" in visitor.get(portal + "/").text
    assert visitor.get(portal + "/login").status_code == 400
