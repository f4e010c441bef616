"""What the person still has to do: the first unmet requirement names the journey, or the error under prompt=none."""

import json

import pytest
from flask import Flask
from flask.testing import FlaskClient

from idp import interaction
from idp.clients.brand import Fund
from idp.credentials import passwords
from idp.database import Transaction
from idp.grants import consents
from idp.organisations import chosen, memberships, organisation
from idp.organisations.memberships import Rights
from idp.people import accounts, enrolments, phones, terms
from idp.provider import Provider
from tests.support.clients import bend
from tests.support.clock import MovableClock
from tests.support.relying_party import Answer, RelyingParty
from tests.support.signed_in import new_person, sign_in

pytestmark = pytest.mark.both_databases


def journey(answer: Answer) -> str:
    """The journey that the person was sent to."""
    assert answer.mode == "page", answer
    return answer.response.request.path.strip("/")


def sealed(answer: Answer) -> str:
    """The request that travels through the journey."""
    return answer.response.request.args["request"]


def id_of(tx: Transaction, answer: Answer) -> str:
    """What a proof or consent notes that is given for this request."""
    pending = interaction.open_pending(tx, sealed(answer))
    assert pending is not None
    return pending.id


def come_back(party: RelyingParty, visitor: FlaskClient, answer: Answer) -> Answer:
    """What a finished journey does."""
    return party.follow(visitor, visitor.get("/authorize/resume", query_string={"request": sealed(answer)}))


# Signed in


def test_who_is_not_signed_in_signs_in(visitor: FlaskClient, party: RelyingParty) -> None:
    """OIDC Core §3.1.2.3: nobody gets an answer unauthenticated"""
    assert journey(party.authorize(visitor)) == "login"


def test_prompt_none_shows_nothing(visitor: FlaskClient, party: RelyingParty) -> None:
    """OIDC Core §3.1.2.3: no interaction with prompt=none; §3.1.2.6: login_required; oidcc-prompt-none-not-logged-in"""
    assert party.authorize(visitor, prompt="none").error == "login_required"


def test_after_signing_in_the_request_goes_on(
    visitor: FlaskClient, party: RelyingParty, provider: Provider, person: str
) -> None:
    sent = party.authorize(visitor)

    sign_in(provider, visitor, person)

    assert come_back(party, visitor, sent).code


def test_a_disabled_person_is_not_signed_in(
    visitor: FlaskClient, party: RelyingParty, provider: Provider, person: str
) -> None:
    sign_in(provider, visitor, person)
    with provider.database.transaction() as tx:
        accounts.disable(tx, person, reason="test")

    assert party.authorize(visitor, prompt="none").error == "login_required"


def test_a_session_of_another_group_does_not_count(
    app: Flask, visitor: FlaskClient, provider: Provider, person: str
) -> None:
    sign_in(provider, visitor, person, "basic")

    assert RelyingParty(app, "post").authorize(visitor, prompt="none").error == "login_required"


def test_portals_of_one_group_share_the_session(
    app: Flask, visitor: FlaskClient, provider: Provider, person: str
) -> None:
    for client_id in ("basic", "post"):
        bend(provider, client_id, policy={"sso_group": "house"})
    sign_in(provider, visitor, person, "basic")

    assert RelyingParty(app, "post").authorize(visitor, prompt="none").code


# The right person


def test_a_hint_of_the_person_signed_in_needs_no_page(
    visitor: FlaskClient, party: RelyingParty, provider: Provider, person: str
) -> None:
    """oidcc-id-token-hint"""
    sign_in(provider, visitor, person)
    tokens = party.redeem(party.authorize(visitor))

    again = party.redeem(party.authorize(visitor, prompt="none", id_token_hint=tokens["id_token"]))

    assert again["claims"]["sub"] == person
    assert again["claims"]["auth_time"] == tokens["claims"]["auth_time"]


def test_a_hint_of_another_person_asks_to_sign_in(
    app: Flask, visitor: FlaskClient, party: RelyingParty, provider: Provider, person: str
) -> None:
    """OIDC Core §3.1.2.1: id_token_hint"""
    sign_in(provider, visitor, person)
    hint = party.redeem(party.authorize(visitor))["id_token"]
    other = app.test_client()
    sign_in(provider, other, new_person(provider, "bea@example.ch"))

    assert party.authorize(other, prompt="none", id_token_hint=hint).error == "login_required"
    assert journey(party.authorize(other, id_token_hint=hint)) == "login"


def test_a_hint_stays_good_after_it_expired(
    visitor: FlaskClient, party: RelyingParty, provider: Provider, person: str, clock: MovableClock
) -> None:
    """OIDC Core §3.1.2.1"""
    sign_in(provider, visitor, person)
    hint = party.redeem(party.authorize(visitor))["id_token"]

    clock.forward(minutes=20)

    assert party.authorize(visitor, prompt="none", id_token_hint=hint).code


def test_a_hint_for_another_client_is_refused(
    app: Flask, visitor: FlaskClient, party: RelyingParty, provider: Provider, person: str
) -> None:
    sign_in(provider, visitor, person)
    hint = party.redeem(party.authorize(visitor))["id_token"]

    assert RelyingParty(app, "post").authorize(visitor, id_token_hint=hint).error == "invalid_request"


def test_a_pairwise_subject_is_recognised_in_a_hint(
    app: Flask, visitor: FlaskClient, provider: Provider, person: str
) -> None:
    party = RelyingParty(app, "pairwise")
    sign_in(provider, visitor, person, "pairwise")
    tokens = party.redeem(party.authorize(visitor))

    assert tokens["claims"]["sub"] != person
    assert party.authorize(visitor, prompt="none", id_token_hint=tokens["id_token"]).code


def test_a_subject_asked_for_in_claims_must_be_the_person(
    visitor: FlaskClient, party: RelyingParty, provider: Provider, person: str
) -> None:
    """OIDC Core §5.5.1: a value asked for sub"""
    sign_in(provider, visitor, person)

    wanted = json.dumps({"id_token": {"sub": {"value": person}}})
    unwanted = json.dumps({"id_token": {"sub": {"value": "somebody-else"}}})

    assert party.authorize(visitor, prompt="none", claims=wanted).code
    assert party.authorize(visitor, prompt="none", claims=unwanted).error == "login_required"


# Recent enough


def test_prompt_login_forces_a_new_sign_in(
    visitor: FlaskClient, party: RelyingParty, provider: Provider, person: str, clock: MovableClock
) -> None:
    """OIDC Core §3.1.2.1, §3.1.2.3: authenticated again although signed in; oidcc-prompt-login"""
    sign_in(provider, visitor, person)
    first = party.redeem(party.authorize(visitor))
    clock.forward(seconds=30)

    sent = party.authorize(visitor, prompt="login")
    assert journey(sent) == "reauthentication"
    assert journey(come_back(party, visitor, sent)) == "reauthentication"
    clock.forward(seconds=30)
    sign_in(provider, visitor, person, sealed=sealed(sent))
    second = party.redeem(come_back(party, visitor, sent))

    assert second["claims"]["auth_time"] == first["claims"]["auth_time"] + 60
    assert second["claims"]["sid"] == first["claims"]["sid"]


def test_prompt_none_never_changes_auth_time(
    visitor: FlaskClient, party: RelyingParty, provider: Provider, person: str, clock: MovableClock
) -> None:
    """oidcc-prompt-none-logged-in; fault 4 of the library survey"""
    sign_in(provider, visitor, person)
    first = party.redeem(party.authorize(visitor))

    clock.forward(minutes=5)
    second = party.redeem(party.authorize(visitor, prompt="none"))

    assert second["claims"]["auth_time"] == first["claims"]["auth_time"]


@pytest.mark.parametrize("max_age", ["0", "1"])
def test_a_sign_in_older_than_max_age_is_repeated(
    visitor: FlaskClient, party: RelyingParty, provider: Provider, person: str, clock: MovableClock, max_age: str
) -> None:
    """OIDC Core §3.1.2.1: max_age; oidcc-max-age-1; fault 19 of the library survey"""
    sign_in(provider, visitor, person)
    clock.forward(seconds=2)

    sent = party.authorize(visitor, max_age=max_age)
    assert journey(sent) == "reauthentication"
    sign_in(provider, visitor, person, sealed=sealed(sent))
    clock.forward(seconds=10)
    tokens = party.redeem(come_back(party, visitor, sent))

    assert tokens["claims"]["auth_time"] == int(clock.now().timestamp()) - 10


def test_a_sign_in_within_max_age_is_enough(
    visitor: FlaskClient, party: RelyingParty, provider: Provider, person: str, clock: MovableClock
) -> None:
    """oidcc-max-age-10000"""
    sign_in(provider, visitor, person)
    first = party.redeem(party.authorize(visitor, max_age="15000"))
    clock.forward(seconds=5)

    second = party.redeem(party.authorize(visitor, max_age="10000"))

    assert second["claims"]["auth_time"] == first["claims"]["auth_time"]


def test_a_client_may_have_a_max_age_of_its_own(
    visitor: FlaskClient, party: RelyingParty, provider: Provider, person: str, clock: MovableClock
) -> None:
    bend(provider, "basic", default_max_age=60)
    sign_in(provider, visitor, person)

    clock.forward(seconds=61)

    assert party.authorize(visitor, prompt="none").error == "login_required"
    assert party.authorize(visitor, prompt="none", max_age="3600").code


def test_a_portal_without_single_sign_on_asks_every_time(
    visitor: FlaskClient, party: RelyingParty, provider: Provider, person: str, clock: MovableClock
) -> None:
    """A-16"""
    bend(provider, "basic", policy={"sso": "never"})
    sign_in(provider, visitor, person)
    clock.forward(seconds=1)

    sent = party.authorize(visitor)
    assert journey(sent) == "reauthentication"
    sign_in(provider, visitor, person, sealed=sealed(sent))

    assert come_back(party, visitor, sent).code
    clock.forward(seconds=1)
    assert party.authorize(visitor, prompt="none").error == "login_required"


def test_prompt_select_account_lets_the_person_choose(
    visitor: FlaskClient, party: RelyingParty, provider: Provider, person: str, clock: MovableClock
) -> None:
    sign_in(provider, visitor, person)
    clock.forward(seconds=1)

    sent = party.authorize(visitor, prompt="select_account")
    assert journey(sent) == "login"
    sign_in(provider, visitor, new_person(provider, "bea@example.ch"), sealed=sealed(sent))

    assert come_back(party, visitor, sent).code


def test_prompt_create_opens_the_way_to_an_account_once(
    visitor: FlaskClient, party: RelyingParty, provider: Provider, person: str
) -> None:
    """Initiating User Registration §4; X-24"""
    sent = party.authorize(visitor, prompt="create")
    assert journey(sent) == "registration"

    sign_in(provider, visitor, person)

    assert come_back(party, visitor, sent).code


# Strong enough


def test_the_policy_of_the_portal_is_always_met(
    visitor: FlaskClient, party: RelyingParty, provider: Provider, person: str
) -> None:
    bend(provider, "basic", policy={"second_step": "always"})
    sign_in(provider, visitor, person)

    sent = party.authorize(visitor)
    assert journey(sent) == "reauthentication"
    assert journey(come_back(party, visitor, sent)) == "reauthentication"

    sign_in(provider, visitor, person, "basic", "password", "email")
    assert come_back(party, visitor, sent).code


def test_a_mail_code_is_no_second_factor(
    visitor: FlaskClient, party: RelyingParty, provider: Provider, person: str
) -> None:
    bend(provider, "basic", policy={"second_step": "always", "methods": ("sms", "totp")})
    sign_in(provider, visitor, person, "basic", "password", "email")

    assert journey(party.authorize(visitor)) == "reauthentication"


def test_a_wished_acr_is_offered_once_and_then_let_go(
    visitor: FlaskClient, party: RelyingParty, provider: Provider, person: str, clock: MovableClock
) -> None:
    """RFC 9470 §5; oidcc-ensure-request-with-acr-values-succeeds"""
    bend(provider, "basic", policy={"second_step": "when-asked"})
    sign_in(provider, visitor, person)
    clock.forward(seconds=1)

    sent = party.authorize(visitor, acr_values="mfa")
    assert journey(sent) == "reauthentication"

    assert come_back(party, visitor, sent).code
    assert party.authorize(visitor, prompt="none", acr_values="mfa").error == "interaction_required"


def test_an_essential_acr_is_insisted_on(
    visitor: FlaskClient, party: RelyingParty, provider: Provider, person: str
) -> None:
    """RFC 9470 §5; OIDC Core §5.5.1.1"""
    bend(provider, "basic", policy={"second_step": "when-asked"})
    sign_in(provider, visitor, person)
    claims = json.dumps({"id_token": {"acr": {"essential": True, "values": ["mfa", "phr"]}}})

    sent = party.authorize(visitor, claims=claims)
    assert journey(sent) == "reauthentication"
    assert journey(come_back(party, visitor, sent)) == "reauthentication"
    refused = party.authorize(visitor, claims=claims, prompt="none")
    assert refused.error == "unmet_authentication_requirements"

    sign_in(provider, visitor, person, "basic", "password", "totp")
    assert party.redeem(come_back(party, visitor, sent))["claims"]["acr"] == "mfa"


def test_values_for_acr_in_claims_are_a_wish_like_acr_values(
    visitor: FlaskClient, party: RelyingParty, provider: Provider, person: str, clock: MovableClock
) -> None:
    """OIDC Core §5.5.1.1"""
    bend(provider, "basic", policy={"second_step": "when-asked"})
    sign_in(provider, visitor, person)
    clock.forward(seconds=1)
    claims = json.dumps({"id_token": {"acr": {"values": ["mfa"]}}})

    sent = party.authorize(visitor, claims=claims)

    assert journey(sent) == "reauthentication"
    assert come_back(party, visitor, sent).code


def test_who_insists_on_values_is_told_one_of_them(
    visitor: FlaskClient, party: RelyingParty, provider: Provider, person: str
) -> None:
    """OIDC Core §5.5.1.1: the acr matches one of the requested values, also after a stronger sign-in"""
    sign_in(provider, visitor, person, "basic", "passkey")
    claims = json.dumps({"id_token": {"acr": {"essential": True, "values": ["password", "mfa"]}}})

    assert party.redeem(party.authorize(visitor, claims=claims))["claims"]["acr"] == "mfa"


def test_a_stronger_sign_in_than_wished_is_enough(
    visitor: FlaskClient, party: RelyingParty, provider: Provider, person: str
) -> None:
    sign_in(provider, visitor, person, "basic", "passkey")

    tokens = party.redeem(party.authorize(visitor, prompt="none", acr_values="two-step"))

    assert tokens["claims"]["acr"] == "phr"


# The person and the portal


def test_a_password_below_the_floor_of_the_portal_is_replaced(
    visitor: FlaskClient, party: RelyingParty, provider: Provider, person: str
) -> None:
    with provider.database.transaction() as tx:
        passwords.replace(tx, person, "no hash at all", floor=8, reason="test")
    sign_in(provider, visitor, person)

    sent = party.authorize(visitor)
    assert journey(sent) == "new-password"
    assert party.authorize(visitor, prompt="none").error == "interaction_required"

    with provider.database.transaction() as tx:
        passwords.replace(tx, person, "no hash at all", floor=12, reason="test")
    assert come_back(party, visitor, sent).code


def test_who_signed_in_with_a_passkey_is_not_asked_about_the_password(
    visitor: FlaskClient, party: RelyingParty, provider: Provider, person: str
) -> None:
    with provider.database.transaction() as tx:
        passwords.replace(tx, person, "no hash at all", floor=8, reason="test")
    sign_in(provider, visitor, person, "basic", "passkey")

    assert party.authorize(visitor, prompt="none").code


def test_a_portal_for_enrolled_people_is_closed_to_others(
    visitor: FlaskClient, party: RelyingParty, provider: Provider, person: str
) -> None:
    bend(provider, "basic", policy={"entry": "enrolment"})
    sign_in(provider, visitor, person)

    answer = party.authorize(visitor)
    assert answer.mode == "page"
    assert answer.response.status_code == 403
    assert party.authorize(visitor, prompt="none").error == "access_denied"

    with provider.database.transaction() as tx:
        enrolments.enrol(tx, person, "basic", reason="test")
    assert party.authorize(visitor).code


@pytest.fixture
def companies(provider: Provider, person: str) -> tuple[str, str]:
    """Two companies; the person is a member of both. The ids of the memberships."""
    with provider.database.transaction() as tx:
        found = [organisation.register(tx, fund="AK01", number=n, name=n, language="fr") for n in ("Alpha", "Beta")]
        joined = [memberships.join(tx, company.id, person, Rights()) for company in found]
    return joined[0].id, joined[1].id


def test_who_lost_every_company_is_told_by_whom_and_only_after_signing_in(
    visitor: FlaskClient, party: RelyingParty, provider: Provider, person: str, companies: tuple[str, str]
) -> None:
    """B-43"""
    bend(provider, "basic", policy={"entry": "membership"}, funds=(Fund(code="AK01", name={"fr": "Caisse Modèle"}),))
    with provider.database.transaction() as tx:
        for membership in companies:
            memberships.deactivate(tx, membership, reason="test")

    before = party.authorize(visitor)
    sign_in(provider, visitor, person)
    after = party.authorize(visitor)

    assert journey(before) == "login"
    assert "Alpha" not in before.response.text
    assert after.response.status_code == 403
    assert "Alpha" in after.response.text
    assert party.authorize(visitor, prompt="none").error == "access_denied"


def test_one_company_left_is_enough(
    visitor: FlaskClient, party: RelyingParty, provider: Provider, person: str, companies: tuple[str, str]
) -> None:
    """B-42"""
    bend(provider, "basic", policy={"entry": "membership"})
    with provider.database.transaction() as tx:
        memberships.deactivate(tx, companies[0], reason="test")
    sign_in(provider, visitor, person)

    assert party.authorize(visitor).code


def test_who_has_several_companies_says_for_which_one_they_come(
    visitor: FlaskClient, party: RelyingParty, provider: Provider, person: str, companies: tuple[str, str]
) -> None:
    sign_in(provider, visitor, person)

    sent = party.authorize(visitor, scope="openid organisations")
    assert journey(sent) == "organisation"
    assert party.authorize(visitor, scope="openid organisations", prompt="none").error == "interaction_required"
    assert party.authorize(visitor, scope="openid").code

    with provider.database.transaction() as tx:
        picked = memberships.by_id(tx, companies[1])
        assert picked is not None
        chosen.choose(tx, person, "basic", picked.organisation_id)
    assert come_back(party, visitor, sent).code


def test_what_the_portal_must_know_is_asked(
    visitor: FlaskClient, party: RelyingParty, provider: Provider, person: str
) -> None:
    bend(provider, "basic", policy={"phone": "required", "terms_version": "2026-01"})
    with provider.database.transaction() as tx:
        phones.remove(tx, person)
    sign_in(provider, visitor, person)

    sent = party.authorize(visitor)
    assert journey(sent) == "complete"
    with provider.database.transaction() as tx:
        terms.accept(tx, person, "basic", "2026-01", language="fr")
    assert journey(come_back(party, visitor, sent)) == "complete"
    with provider.database.transaction() as tx:
        phones.give(tx, person, "+41791234567", verified=True)

    assert come_back(party, visitor, sent).code


def test_new_terms_are_asked_for_at_the_next_sign_in(
    visitor: FlaskClient, party: RelyingParty, provider: Provider, person: str
) -> None:
    """A-24"""
    bend(provider, "basic", policy={"terms_version": "2026-01"})
    with provider.database.transaction() as tx:
        terms.accept(tx, person, "basic", "2026-01", language="fr")
    sign_in(provider, visitor, person)
    assert party.authorize(visitor).code

    bend(provider, "basic", policy={"terms_version": "2027-01"})

    assert journey(party.authorize(visitor)) == "complete"


# Consent


@pytest.fixture
def stranger(app: Flask) -> RelyingParty:
    return RelyingParty(app, "asks-consent")


def test_a_stranger_needs_consent_to_every_scope(
    visitor: FlaskClient, stranger: RelyingParty, provider: Provider, person: str
) -> None:
    """OIDC Core §3.1.2.4"""
    sign_in(provider, visitor, person, "asks-consent")

    sent = stranger.authorize(visitor, scope="openid email")
    assert journey(sent) == "consent"
    assert stranger.authorize(visitor, scope="openid email", prompt="none").error == "consent_required"
    with provider.database.transaction() as tx:
        consents.grant(tx, person, "asks-consent", ["email"])

    assert come_back(stranger, visitor, sent).code
    assert journey(stranger.authorize(visitor, scope="openid email profile")) == "consent"


def test_prompt_consent_asks_again(
    visitor: FlaskClient, stranger: RelyingParty, provider: Provider, person: str, clock: MovableClock
) -> None:
    """OIDC Core §3.1.2.1: prompt=consent"""
    sign_in(provider, visitor, person, "asks-consent")
    with provider.database.transaction() as tx:
        consents.grant(tx, person, "asks-consent", ["email"])
    clock.forward(seconds=1)

    sent = stranger.authorize(visitor, prompt="consent", scope="openid email")
    assert journey(sent) == "consent"
    with provider.database.transaction() as tx:
        consents.grant(tx, person, "asks-consent", ["email"], request_id=id_of(tx, sent))

    assert come_back(stranger, visitor, sent).code


def test_a_portal_may_want_consent_every_time(
    visitor: FlaskClient, stranger: RelyingParty, provider: Provider, person: str, clock: MovableClock
) -> None:
    """So that a person can say no although they said yes before:
    fapi2-security-profile-final-user-rejects-authentication"""
    bend(provider, "asks-consent", policy={"consent": "always"})
    sign_in(provider, visitor, person, "asks-consent")
    with provider.database.transaction() as tx:
        consents.grant(tx, person, "asks-consent", ["email"])
    clock.forward(seconds=1)

    sent = stranger.authorize(visitor, scope="openid email")
    assert journey(sent) == "consent"
    assert stranger.authorize(visitor, scope="openid email", prompt="none").error == "consent_required"
    with provider.database.transaction() as tx:
        consents.grant(tx, person, "asks-consent", ["email"], request_id=id_of(tx, sent))

    assert come_back(stranger, visitor, sent).code


def test_a_portal_of_the_house_asks_no_consent_unless_it_wants_to(
    visitor: FlaskClient, party: RelyingParty, provider: Provider, person: str
) -> None:
    sign_in(provider, visitor, person)

    assert party.authorize(visitor, scope="openid email").code
    assert journey(party.authorize(visitor, scope="openid email", prompt="consent")) == "consent"


@pytest.mark.parametrize("seconds", [10**10 - 1, 10**30])
def test_a_max_age_beyond_any_date_is_met(
    visitor: FlaskClient, party: RelyingParty, provider: Provider, person: str, clock: MovableClock, seconds: int
) -> None:
    bend(provider, "basic", default_max_age=seconds)
    sign_in(provider, visitor, person)
    clock.forward(minutes=20)
    sent = {"max_age": str(seconds)} if seconds < 10**10 else {}

    assert party.authorize(visitor, **sent, prompt="none").code
