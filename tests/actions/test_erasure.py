"""Erasing a person everywhere."""

from datetime import date, timedelta

import pytest
import sqlalchemy as sa

from idp import methods, random_values
from idp.actions import erasure
from idp.actions.actor import Actor
from idp.actions.erasure import OnlyAdministrator
from idp.clients.client import Client
from idp.credentials import authenticator_apps, passkey_offers, passkeys, passwords, recovery_codes
from idp.database import Base, Database, Origin, Transaction
from idp.grants import client_sessions, consents
from idp.messages import outbox
from idp.messages.catalogue import CATALOGUE
from idp.messages.outbox import Message
from idp.organisations import chosen, memberships, organisation, scim_users
from idp.organisations.memberships import Rights
from idp.people import closures, email_changes, enrolments, insured, phone_replacements, terms
from idp.people.insured import Particulars
from idp.runs import FlowRun
from idp.sessions import session, signing_in
from idp.settings import Sessions
from tests.credentials.test_passkeys import NEW
from tests.support import people
from tests.support.authenticators import SECRET
from tests.support.proofs import proved

pytestmark = pytest.mark.both_databases

SETTINGS = Sessions(idle=1800, absolute=43200, touch=60)
PARTICULARS = Particulars(given_name="Anne", family_name="Rochat", birth_date=date(1956, 7, 16))
ADMINISTRATOR = Rights(is_administrator=True)
KEPT = {"people", "audit_events", "terms_acceptances", "outbox"}


def erase(tx: Transaction, person_id: str) -> bool | OnlyAdministrator:
    return erasure.erase(tx, person_id, by=Actor.clerk("anna"), reason="request")


def test_nothing_of_an_erased_person_is_left_but_the_tombstone(database: Database) -> None:
    """A deleted `sub` is never reused and its tombstone holds no personal value"""
    with database.transaction(Origin(address="192.0.2.7", user_agent="Firefox")) as tx:
        anne = people.person(tx, "anne.rochat@example.ch", phone="+41791234567")
        passwords.replace(tx, anne.id, "hash", floor=12, reason="test")
        firm = organisation.register(tx, fund="AK00", number="1", name="Muster AG").id
        memberships.join(tx, firm, anne.id, ADMINISTRATOR)
        chosen.choose(tx, anne.id, "p", firm)
        enrolments.enrol(tx, anne.id, "p", reason="test")
        terms.accept(tx, anne.id, "p", "1", language="fr")
        consents.grant(tx, anne.id, "p", ["openid"])
        authenticator_apps.install(tx, anne.id, name="Rochat's phone", secret=SECRET)
        recovery_codes.keep(tx, anne.id, recovery_codes.draw())
        proofs = proved(tx.now, methods.PASSWORD)
        started = signing_in.start(
            tx, SETTINGS, person_id=anne.id, group="g", proofs=proofs, browser=random_values.token()
        )
        assert erase(tx, anne.id) == OnlyAdministrator((firm,))
        memberships.join(tx, firm, people.person(tx, "paul@example.ch", family_name="Keller").id, ADMINISTRATOR)
        other = organisation.register(tx, fund="AK00", number="2", name="Beispiel AG").id
        memberships.invite(
            tx, other, email="Anne.Rochat@example.ch", given_name="Anne", family_name="Rochat", rights=Rights()
        )
        known_to_directory(tx, other)
        insured.store_many(tx, "AK00", [insured.RegisterEntry("4711", "fr", PARTICULARS)])
        entry = insured.by_numbers(tx, "AK00", ["4711"])["4711"]
        assert insured.attach(tx, entry.id, person_id=anne.id)
        passkeys.add(tx, anne.id, NEW, handle="handle-1", name="Anne Rochat's key")
        passkey_offers.put_off(tx, anne.id)
        phone_replacements.begin(tx, anne.id, wait=timedelta(days=2), reason="lost", identity="passport")
        closures.begin(tx, anne.id, due_at=tx.now + timedelta(days=30), client_id="p")
        email_changes.note(tx, anne.id, old="a.rochat@example.ch", old_key="a.rochat@example.ch", client_id="p")
        begin_journeys(tx, anne.id)
        send_to(tx, anne.id)

        assert erase(tx, anne.id)
        assert not erase(tx, anne.id)

    with database.reading() as tx:
        assert session.find(tx, started.token, "g") is None
        holding = {
            table.name
            for table in Base.metadata.sorted_tables
            if "person_id" in table.c
            and tx.execute(sa.select(table.c.person_id).where(table.c.person_id == anne.id)).first() is not None
        }
        assert holding <= KEPT
        everything = str([tx.execute(sa.select(table)).all() for table in Base.metadata.sorted_tables])
        for personal in ("Rochat", "anne.rochat", "791234567", "a•••@example.ch"):
            assert personal not in everything.replace(farewell(tx), "").replace("jo-anne.rochat", "")
        assert insured.without_account(tx, "AK00") == ["4711"]
        assert [run.id for run in tx.session.query(FlowRun)] == ["somebody else's"]


def known_to_directory(tx: Transaction, organisation_id: str) -> None:
    """The company's directory (SCIM) keeps a record of a user with this address."""
    name = {"givenName": "Anne", "familyName": "Rochat"}
    row = {
        "id": "u",
        "organisation_id": organisation_id,
        "membership_id": "",
        "user_name": "Anne.Rochat@example.ch",
        "user_key": "anne.rochat@example.ch",
        "external_id": "4711",
        "email_key": "anne.rochat@example.ch",
        "attributes": {"name": name, "emails": [{"value": "anne.rochat@example.ch"}]},
        "topics": [],
        "created_at": tx.now,
        "updated_at": tx.now,
    }
    assert scim_users.insert(tx, row) is not None


def begin_journeys(tx: Transaction, person_id: str) -> None:
    """Unfinished ones: signed in, with facts, with what was typed; and another person's."""
    holding = {
        "signed in": {"person_id": person_id},
        "proved": {"results": {"email-code": {"email": "Anne.Rochat@example.ch"}}},
        "typed": {"kept": {"recovery-request": {"identifier": "ANNE.ROCHAT@example.ch"}}},
        "known": {"results": {"credentials": {"person_id": person_id}}},
        "phone": {"results": {"phone-number": {"phone": "+41791234567"}}},
        "somebody else's": {"kept": {"recovery-request": {"identifier": "jo-anne.rochat@example.ch"}}},
    }
    for name, values in holding.items():
        row = {
            "id": name,
            "flow": "recovery",
            "signature": "",
            "client_id": "p",
            "browser": "",
            "begun_with": name,
            "results": {},
            "kept": {},
            "step": "",
            "scratch": {},
            "notice": {},
            "created_at": tx.now,
            "bound_until": tx.now,
            "expires_at": tx.now,
        }
        tx.add(FlowRun(**{**row, **values}))


def send_to(tx: Transaction, person_id: str) -> None:
    message = Message(
        kind="email",
        to="anne.rochat@example.ch",
        template="account_disabled",
        language="fr",
        values=CATALOGUE["account_disabled"].sample,
        person_id=person_id,
    )
    outbox.enqueue(tx, message)


def farewell(tx: Transaction) -> str:
    """The mask of the one mail that still waits; it goes with its row, a day after it was sent."""
    (row,) = tx.session.query(outbox.OutboxRow).filter(outbox.OutboxRow.kind == "email")
    assert row.template == "account_erased"
    return row.masked


def test_portals_are_told_that_an_erased_person_is_signed_out(database: Database) -> None:
    """Back-Channel Logout §2.5"""
    with database.transaction() as tx:
        anne = people.person(tx)
        proofs = proved(tx.now, methods.PASSWORD)
        started = signing_in.start(
            tx, SETTINGS, person_id=anne.id, group="g", proofs=proofs, browser=random_values.token()
        )
        client_sessions.open_session(
            tx,
            session_id=started.session.id,
            client=Client(client_id="p", client_name="P", backchannel_logout_uri="https://p.example.ch/logout"),
            person_id=anne.id,
            subject=anne.id,
            knows_organisations=False,
        )

        erase(tx, anne.id)

        assert client_sessions.of_session(tx, started.session.id) == []
        (call,) = tx.session.query(outbox.OutboxRow).filter(outbox.OutboxRow.kind == "backchannel_logout")
        assert call.client_id == "p"


def test_somebody_unknown_cannot_be_erased(database: Database) -> None:
    with database.transaction() as tx:
        assert not erase(tx, "nobody")
