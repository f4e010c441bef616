"""A portal hears what happens to its people's accounts (Shared Signals Framework, CAEP, RISC)."""

from dataclasses import replace

import pytest
from flask import Flask

from idp import methods
from idp.actions import disabling, emails, erasure, passwords, phones
from idp.actions.actor import Actor
from idp.actions.passwords import HashedPassword
from idp.credentials import authenticator_apps, passkeys, recovery_codes
from idp.credentials.stored_passkey import NewPasskey
from idp.database import Origin
from idp.grants import client_sessions, consents, subjects
from idp.notices.notice import without_page
from idp.people import enrolments
from idp.provider import Provider
from idp.sessions import ending, signing_in
from tests.support.authenticators import SECRET
from tests.support.clients import bend
from tests.support.event_receiver import EventReceiver, content_of, name_of, receiving
from tests.support.people import email
from tests.support.proofs import proved
from tests.support.web_server import serving
from tests.support.worker import deliver

DESK = Actor.clerk("anna")
ISSUER = "http://localhost"
AAGUID = "ee882879-721c-4913-9775-3dfcce97072a"
PASSKEY = NewPasskey(
    credential_id="credential",
    public_key="key",
    sign_count=0,
    transports=("internal",),
    aaguid=AAGUID,
    multi_device=False,
    backed_up=False,
)


def disable(provider: Provider, person_id: str, request_id: str = "") -> None:
    with provider.database.transaction(Origin(request_id=request_id)) as tx:
        disabling.disable(tx, person_id, by=DESK, reason="case 4711")


@pytest.mark.both_databases
def test_disabling_an_account_ends_the_session_at_the_portal_and_says_so(
    app: Flask, provider: Provider, receiver: EventReceiver, person: str
) -> None:
    """Shared Signals Framework §3.2, §4, CAEP §2, §3.1, RISC §2.3, RFC 8935 §2.1, RFC 9493 §3.2.3"""
    claims = receiver.sign_in(person)

    disable(provider, person)
    deliver(app)

    (revoked,), (disabled,) = receiver.heard("session-revoked"), receiver.heard("account-disabled")
    user = {"format": "iss_sub", "iss": ISSUER, "sub": person}
    sid = provider.signing_keys.verify(claims["id_token"]).claims["sid"]
    assert revoked["sub_id"] == {"format": "complex", "user": user, "session": {"format": "opaque", "id": sid}}
    assert content_of(revoked)["initiating_entity"] == "admin"
    assert content_of(revoked)["reason_admin"] == {"en": "The account was disabled."}
    assert disabled["sub_id"] == user
    assert content_of(disabled) == {}


def test_an_event_passes_for_no_other_token(
    app: Flask, provider: Provider, receiver: EventReceiver, person: str
) -> None:
    """RFC 8417 §4.5 and §4.6, Shared Signals Framework §4.1: neither `exp` nor `sub`; a type of its own"""
    receiver.sign_in(person)

    disable(provider, person)
    deliver(app)

    for claims in receiver.heard():
        assert claims.keys() <= {"iss", "aud", "jti", "iat", "txn", "sub_id", "events"}
    (seen, *_) = receiver.served.requests if receiver.served else []
    assert seen.headers["Content-Type"] == "application/secevent+jwt"


def test_the_reason_of_the_desk_is_not_told(
    app: Flask, provider: Provider, receiver: EventReceiver, person: str
) -> None:
    receiver.sign_in(person)

    disable(provider, person)
    deliver(app)

    assert "4711" not in str(receiver.heard())


def test_a_portal_that_does_not_know_the_person_hears_nothing(
    app: Flask, provider: Provider, receiver: EventReceiver, person: str
) -> None:
    disable(provider, person)
    deliver(app)

    assert receiver.heard() == []


@pytest.mark.parametrize("known_by", ["enrolment", "consent"])
def test_a_portal_knows_a_person_without_a_session(
    app: Flask, provider: Provider, receiver: EventReceiver, person: str, known_by: str
) -> None:
    with provider.database.transaction() as tx:
        if known_by == "enrolment":
            enrolments.enrol(tx, person, "basic", reason="test")
        else:
            consents.grant(tx, person, "basic", ["openid"])

    disable(provider, person)
    deliver(app)

    assert [name_of(claims) for claims in receiver.heard()] == ["account-disabled"]


def test_a_portal_with_pairwise_subjects_hears_its_own(app: Flask, provider: Provider, person: str) -> None:
    with receiving(app, "pairwise") as receiver:
        receiver.sign_in(person)

        disable(provider, person)
        deliver(app)

        (disabled,) = receiver.heard("account-disabled")
        with provider.database.transaction() as tx:
            own = subjects.subject_of(tx, person, receiver.tokens.client)
        assert own != person
        assert disabled["sub_id"]["sub"] == own
        assert person not in str(receiver.heard())


def test_what_did_not_happen_is_not_told(app: Flask, provider: Provider, receiver: EventReceiver, person: str) -> None:
    receiver.sign_in(person)

    def fail() -> None:
        with provider.database.transaction() as tx:
            disabling.disable(tx, person, by=DESK, reason="test")
            raise RuntimeError

    with pytest.raises(RuntimeError):
        fail()
    deliver(app)

    assert receiver.heard() == []


def test_enabling_is_told(app: Flask, provider: Provider, receiver: EventReceiver, person: str) -> None:
    """RISC §2.4"""
    receiver.sign_in(person)
    disable(provider, person)

    with provider.database.transaction() as tx:
        disabling.enable(tx, person, by=DESK, reason="test")
    deliver(app)

    assert len(receiver.heard("account-enabled")) == 1


@pytest.mark.both_databases
def test_an_erased_person_is_told_to_those_who_knew_them(
    app: Flask, provider: Provider, receiver: EventReceiver, person: str
) -> None:
    """RISC §2.2"""
    with provider.database.transaction() as tx:
        enrolments.enrol(tx, person, "basic", reason="test")

    with provider.database.transaction() as tx:
        erasure.erase(tx, person, by=DESK, reason="request")
    deliver(app)

    (purged,) = receiver.heard("account-purged")
    assert purged["sub_id"]["sub"] == person


def test_a_session_that_goes_on_is_not_revoked(
    app: Flask, provider: Provider, receiver: EventReceiver, person: str
) -> None:
    receiver.sign_in(person)
    assert receiver.tokens.session is not None

    with provider.database.transaction() as tx:
        ending.end_all(tx, person, reason="person", but=receiver.tokens.session.id)
    deliver(app)

    assert receiver.heard() == []


def test_a_new_address_is_told_by_the_old_one(
    app: Flask, provider: Provider, receiver: EventReceiver, person: str
) -> None:
    """RISC §2.5"""
    receiver.sign_in(person)

    with provider.database.transaction() as tx:
        new = email("anna.neu@example.ch")
        emails.change_email(tx, person, new, without_page(tx, person), by=Actor.person(person))
    deliver(app)

    (changed,) = receiver.heard("identifier-changed")
    assert changed["sub_id"] == {"format": "email", "email": "anna@example.ch"}
    assert content_of(changed)["new-value"] == "anna.neu@example.ch"
    assert content_of(changed)["account"]["sub"] == person


@pytest.mark.both_databases
@pytest.mark.parametrize("delivery", ["pushed", "fetched", "paused before the push", "queued before the pause"])
def test_the_addresses_of_a_person_who_was_erased_are_told_no_more(
    app: Flask, provider: Provider, person: str, delivery: str
) -> None:
    """RISC §2.1, §2.5: `account-purged` says all that a portal needs then."""
    with serving() as served:
        served.status = 202
        receiver = EventReceiver(app) if delivery == "fetched" else EventReceiver(app, served)
        receiver.sign_in(person)
        status = {"stream_id": receiver.stream_id, "status": "paused"}
        if delivery.startswith("paused"):
            receiver.call("POST", "/ssf/status", status)
        with provider.database.transaction() as tx:
            new = email("anna.neu@example.ch")
            emails.change_email(tx, person, new, without_page(tx, person), by=Actor.person(person))
        if delivery.startswith("queued"):
            receiver.call("POST", "/ssf/status", status)
            deliver(app)
        if delivery.startswith("paused"):
            receiver.call("POST", "/ssf/status", {**status, "status": "enabled"})
        with provider.database.transaction() as tx:
            erasure.erase(tx, person, by=Actor.clerk("anna"), reason="test")
        if delivery.startswith("queued"):
            receiver.call("POST", "/ssf/status", {**status, "status": "enabled"})
        deliver(app)

        heard = receiver.poll() if delivery == "fetched" else receiver.heard()

    assert "account-purged" in map(name_of, heard)
    assert "identifier-changed" not in map(name_of, heard)
    assert "example.ch" not in str([claims["events"] for claims in heard])


@pytest.mark.parametrize("why", ["scope", "consent"])
def test_who_was_not_told_the_address_does_not_hear_of_another(
    app: Flask, provider: Provider, receiver: EventReceiver, person: str, why: str
) -> None:
    receiver.sign_in(person)
    if why == "scope":
        bend(provider, "basic", scope="openid")
    else:
        bend(provider, "basic", policy={"consent": "ask"})
        with provider.database.transaction() as tx:
            consents.grant(tx, person, "basic", ["openid"])

    with provider.database.transaction() as tx:
        new = email("anna.neu@example.ch")
        emails.change_email(tx, person, new, without_page(tx, person), by=Actor.person(person))
    deliver(app)

    assert receiver.heard("identifier-changed") == []
    assert "example.ch" not in str(receiver.heard())


def test_each_change_of_a_credential_is_told(
    app: Flask, provider: Provider, receiver: EventReceiver, person: str
) -> None:
    """CAEP §3.3"""
    receiver.sign_in(person)
    by = Actor.person(person)

    with provider.database.transaction() as tx:
        at = without_page(tx, person)
        passwords.replace_password(tx, person, HashedPassword("hash", 12), at, by=by, reason="change")
        phones.change_phone(tx, person, "+41793334455", at, by=by)
        recovery_codes.keep(tx, person, recovery_codes.draw())
    deliver(app)

    told = [content_of(claims) for claims in receiver.heard("credential-change")]
    assert [(each["credential_type"], each["change_type"]) for each in told] == [
        ("password", "update"),
        ("phone-sms", "update"),
        ("recovery-codes", "update"),
    ]
    assert {each["initiating_entity"] for each in told} == {"user"}


def test_a_stronger_sign_in_is_told_where_the_session_is_open(
    app: Flask, provider: Provider, receiver: EventReceiver, person: str
) -> None:
    """CAEP §3.4"""
    receiver.sign_in(person)
    session = receiver.tokens.session
    assert session is not None

    with provider.database.transaction() as tx:
        signing_in.strengthen(tx, provider.settings.sessions, session, proved(tx.now, methods.SMS))
    deliver(app)

    (changed,) = receiver.heard("assurance-level-change")
    content = content_of(changed)
    assert (content["previous_level"], content["current_level"]) == ("password", "mfa")
    assert content["change_direction"] == "increase"
    with provider.database.reading() as tx:
        (open_there,) = client_sessions.of_session(tx, session.id)
    assert changed["sub_id"]["session"]["id"] == open_there.sid


def test_events_of_one_cause_share_their_number_at_one_portal_only(
    app: Flask, provider: Provider, receiver: EventReceiver, person: str
) -> None:
    """RFC 8417 §2.2: portals that compare notes learn nothing"""
    receiver.sign_in(person)
    with receiving(app, "pairwise") as other:
        other.sign_in(person)

        disable(provider, person, request_id="r1")
        deliver(app)

        here, there = ({claims["txn"] for claims in each.heard()} for each in (receiver, other))
    assert len(here) == len(there) == 1
    assert here != there
    assert "r1" not in str(here | there)


def test_only_the_wanted_events_are_told(app: Flask, provider: Provider, person: str) -> None:
    with receiving(app, types=("account-disabled",)) as receiver:
        receiver.sign_in(person)

        disable(provider, person)
        deliver(app)

        assert [name_of(claims) for claims in receiver.heard()] == ["account-disabled"]


def test_nothing_is_written_for_portals_without_a_stream(app: Flask, provider: Provider, person: str) -> None:
    with receiving(app) as receiver:
        receiver.sign_in(person)
        bend(provider, "basic", events=None)

        disable(provider, person)
        deliver(app)

        assert receiver.heard() == []


def test_an_authenticator_app_that_is_added_and_removed_is_told(
    app: Flask, provider: Provider, receiver: EventReceiver, person: str
) -> None:
    receiver.sign_in(person)

    with provider.database.transaction() as tx:
        authenticator_apps.install(tx, person, name="phone", secret=SECRET)
        (app_of_person,) = authenticator_apps.listed(tx, person)
        authenticator_apps.remove(tx, person, app_of_person.id, reason="own")
    deliver(app)

    told = [content_of(claims) for claims in receiver.heard("credential-change")]
    assert ("app", "delete") in [(each["credential_type"], each["change_type"]) for each in told]


@pytest.mark.parametrize("model", [AAGUID, "00000000-0000-0000-0000-000000000000"], ids=["model", "no model"])
def test_a_passkey_that_is_added_and_removed_is_told_with_its_model_if_it_says_one(
    app: Flask, provider: Provider, receiver: EventReceiver, person: str, model: str
) -> None:
    """CAEP §3.3"""
    receiver.sign_in(person)

    with provider.database.transaction() as tx:
        added = passkeys.add(tx, person, replace(PASSKEY, aaguid=model), handle="handle", name="YubiKey")
        assert added is not None
        passkeys.remove(tx, person, added[0].id, reason="own")
    deliver(app)

    created, deleted = sorted(
        map(content_of, receiver.heard("credential-change")), key=lambda each: each["change_type"]
    )
    assert (created["credential_type"], created["change_type"]) == ("fido2", "create")
    assert created.get("fido2_aaguid") == (model if model == AAGUID else None)
    assert (deleted["credential_type"], deleted["change_type"]) == ("fido2", "delete")
    assert "fido2_aaguid" not in deleted
