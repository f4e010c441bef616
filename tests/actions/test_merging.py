"""Two accounts of one person become one (rulings 12)."""

from datetime import date, timedelta
from typing import Any

import pytest
import sqlalchemy as sa

from idp import methods, random_values
from idp.actions import merging
from idp.actions.actor import Actor
from idp.actions.merging import MergePreview, NoMerge
from idp.audit.log import AuditEvent
from idp.clients.client import Client
from idp.credentials import passkeys, passwords, recovery_codes
from idp.database import Base, Database, Transaction
from idp.grants import client_sessions, subjects
from idp.messages import outbox
from idp.organisations import memberships, organisation
from idp.organisations.memberships import Rights
from idp.people import (
    closures,
    emails,
    enrolments,
    insured,
    person,
    phone_replacements,
    portal_identifiers,
    terms,
)
from idp.people.insured import Particulars, RegisterEntry
from idp.people.person import Person
from idp.provider import Provider
from idp.sessions import session, signing_in
from idp.settings import Sessions
from tests.credentials.test_passkeys import NEW
from tests.support import people
from tests.support.clients import bend
from tests.support.parallel import in_parallel
from tests.support.proofs import proved

pytestmark = pytest.mark.both_databases

SETTINGS = Sessions(idle=1800, absolute=43200, touch=60)
ISSUER = "https://login.example.ch"
BY = Actor.clerk("anna")
LEFT_BEHIND = {"people", "audit_events", "terms_acceptances", "outbox", "pairwise_subjects", "client_sessions"}


class Pair:
    """Anne by her letter, and Anne by the invitation of her company: two accounts of one person."""

    def __init__(self, provider: Provider) -> None:
        self.provider = provider
        with self.database.transaction() as tx:
            kept = people.person(tx, "anne.rochat@example.ch", phone="+41791234567")
            other = people.person(tx, "a.rochat@firm.example.ch", birth_date=date(1956, 7, 16), phone="+41793334455")
            self.kept, self.other = kept.id, other.id
            enrolments.enrol(tx, self.kept, "connect-assures", reason="test")
            enrolments.enrol(tx, self.other, "connect", reason="test")

    @property
    def database(self) -> Database:
        return self.provider.database

    def preview(self) -> MergePreview | NoMerge:
        with self.database.reading() as tx:
            return merging.preview(tx, self.provider.registry.current(), self.kept, self.other)

    def merge(self, kept: str = "", other: str = "") -> NoMerge | None:
        registry = self.provider.registry.current()
        with self.database.transaction() as tx:
            pair = (kept or self.kept, other or self.other)
            return merging.merge(tx, registry, *pair, issuer=ISSUER, by=BY, reason="case 1")

    def company(self, number: str, rights: dict[str, Rights], *, left: str = "") -> str:
        """A company of the accounts in `rights`; the one in `left` was deactivated."""
        with self.database.transaction() as tx:
            found = organisation.register(tx, fund="AK01", number=number, name=f"Firma {number}").id
            for person_id, their in rights.items():
                seat = memberships.join(tx, found, person_id, their)
                if person_id == left:
                    memberships.deactivate(tx, seat.id, reason="test")
            return found

    def seats(self, company: str) -> dict[str | None, tuple[str, bool, set[str]]]:
        with self.database.reading() as tx:
            found = [each.membership for each in memberships.of_organisation(tx, company)]
            return {each.person_id: (each.state, each.is_administrator, set(each.topics)) for each in found}

    def events(self, name: str) -> list[AuditEvent]:
        with self.database.reading() as tx:
            return list(tx.session.scalars(sa.select(AuditEvent).where(AuditEvent.name == name)))


@pytest.fixture
def pair(provider: Provider) -> Pair:
    return Pair(provider)


def reach(tx: Transaction, person_id: str, client: Client, subject: str) -> str:
    """Sign the person in at a client; returns the session."""
    proofs = proved(tx.now, methods.PASSWORD)
    browser = random_values.token()
    started = signing_in.start(tx, SETTINGS, person_id=person_id, group="g", proofs=proofs, browser=browser)
    named: dict[str, Any] = {"session_id": started.session.id, "person_id": person_id, "subject": subject}
    client_sessions.open_session(tx, client=client, knows_organisations=False, **named)
    return started.session.id


def test_the_kept_account_takes_over_portals_numbers_letters_and_terms(pair: Pair) -> None:
    with pair.database.transaction() as tx:
        portal_identifiers.attach(tx, pair.other, portal="connect", kind=portal_identifiers.CUSTOMER, value="756-1")
        insured.store_many(tx, "AK00", [RegisterEntry("4711", "fr", Particulars(given_name="A", family_name="R"))])
        assert insured.attach(tx, insured.by_numbers(tx, "AK00", ["4711"])["4711"].id, person_id=pair.other)
        terms.accept(tx, pair.other, "connect", "2", language="fr")
    told = pair.preview()

    assert pair.merge() is None

    assert isinstance(told, MergePreview)
    assert (told.portals, [each.value for each in told.numbers], told.letters) == (
        ("connect",),
        ["756-1"],
        ("AK00 4711",),
    )
    with pair.database.reading() as tx:
        assert set(enrolments.portals(tx, pair.kept)) == {"connect", "connect-assures"}
        assert [each.value for each in portal_identifiers.everything_of(tx, pair.kept)] == ["756-1"]
        assert [each.number for each in insured.of_person(tx, pair.kept)] == ["4711"]
        assert terms.has_accepted(tx, pair.kept, "connect", "2")
        assert person.by_id(tx, pair.kept).birth_date == date(1956, 7, 16)  # type: ignore[union-attr]


def test_rights_of_both_accounts_are_joined_and_a_company_keeps_its_administrator(pair: Pair) -> None:
    admin, user = Rights(is_administrator=True, topics=("a",)), Rights(topics=("b",))
    alone = pair.company("1", {pair.other: admin})
    both = pair.company("2", {pair.kept: user, pair.other: admin})
    left = pair.company("3", {pair.kept: admin, pair.other: user}, left=pair.other)

    assert pair.merge() is None

    assert pair.seats(alone) == {pair.kept: ("active", True, {"a"})}
    assert pair.seats(both) == {pair.kept: ("active", True, {"a", "b"})}
    assert pair.seats(left) == {pair.kept: ("active", True, {"a"})}


def test_only_the_kept_password_and_methods_sign_in_afterwards(pair: Pair) -> None:
    with pair.database.transaction() as tx:
        for each in (pair.kept, pair.other):
            passwords.replace(tx, each, f"hash of {each}", floor=12, reason="test")
        passkeys.add(tx, pair.other, NEW, handle="handle-1", name="other's key")
        recovery_codes.keep(tx, pair.kept, recovery_codes.draw())
    told = pair.preview()

    assert pair.merge() is None

    assert isinstance(told, MergePreview)
    assert [each.method for each in told.methods_kept] == [methods.RECOVERY, methods.SMS]
    assert told.methods_lost[0].name == "other's key"
    with pair.database.reading() as tx:
        assert passwords.current(tx, pair.kept).hash == f"hash of {pair.kept}"  # type: ignore[union-attr]
        assert passwords.current(tx, pair.other) is None
        assert not passkeys.has_any(tx, pair.kept)
        assert emails.of_person(tx, pair.kept).address == "anne.rochat@example.ch"  # type: ignore[union-attr]


def test_the_other_account_is_a_tombstone_and_its_name_is_never_used_again(pair: Pair) -> None:
    pair.company("1", {pair.other: Rights()})

    assert pair.merge() is None
    again = pair.merge()

    assert again == NoMerge("inactive")
    with pair.database.reading() as tx:
        assert person.by_id(tx, pair.other).state == person.ERASED  # type: ignore[union-attr]
        holding = {
            table.name
            for table in Base.metadata.sorted_tables
            if "person_id" in table.c
            and tx.execute(sa.select(table.c.person_id).where(table.c.person_id == pair.other)).first() is not None
        }
    assert holding <= LEFT_BEHIND
    (merged,) = pair.events("PersonsMerged")
    assert (merged.person_id, merged.details["other_id"], merged.actor) == (pair.kept, pair.other, "clerk:anna")
    (erased,) = pair.events("PersonErased")
    assert (erased.person_id, erased.details["reason"]) == (pair.other, f"merged into {pair.kept}")


def test_a_pairwise_name_moves_unless_the_portal_knows_the_kept_account(pair: Pair) -> None:
    new = bend(pair.provider, "e-services", subject_type="pairwise")
    known = bend(pair.provider, "connect-assures", subject_type="pairwise")
    with pair.database.transaction() as tx:
        moved = subjects.subject_of(tx, pair.other, new)
        retired = subjects.subject_of(tx, pair.other, known)
        kept = subjects.subject_of(tx, pair.kept, known)
    told = pair.preview()

    assert pair.merge() is None

    assert isinstance(told, MergePreview)
    changes = {each.client_id: (each.old, each.new) for each in told.subjects}
    assert changes[new.client_id] == (moved, moved)
    assert changes[known.client_id] == (retired, kept)
    assert changes["connect"] == (pair.other, pair.kept)
    with pair.database.transaction() as tx:
        assert subjects.subject_of(tx, pair.kept, new) == moved
        assert subjects.subject_of(tx, pair.kept, known) == kept
        assert subjects.pairwise_of(tx, pair.other)[known.sector] == retired


def test_both_are_signed_out_the_portals_are_told_and_so_are_both_mailboxes(pair: Pair) -> None:
    client = Client(client_id="p", client_name="P", backchannel_logout_uri="https://p.example.ch/logout")
    with pair.database.transaction() as tx:
        for each in (pair.kept, pair.other):
            reach(tx, each, client, each)
    told = pair.preview()

    assert pair.merge() is None

    assert isinstance(told, MergePreview)
    assert told.sessions == 2
    with pair.database.reading() as tx:
        assert session.of_person(tx, pair.kept) == []
        queued = tx.session.scalars(sa.select(outbox.OutboxRow)).all()
    assert [row.client_id for row in queued if row.kind == "backchannel_logout"] == ["p", "p"]
    mails = {row.masked for row in queued if row.template == "accounts_merged"}
    assert mails == {"a•••@example.ch", "a•••@firm.example.ch"}


@pytest.mark.parametrize(
    ("why", "spoil"),
    [
        (
            "inactive",
            lambda tx, pair: tx.session.execute(
                sa.update(Person).where(Person.id == pair.other).values(state="disabled")
            ),
        ),
        ("closing", lambda tx, pair: closures.begin(tx, pair.kept, due_at=tx.now + timedelta(days=3), client_id="p")),
        (
            "replacing",
            lambda tx, pair: phone_replacements.begin(tx, pair.other, wait=timedelta(1), reason="x", identity="x"),
        ),
        (
            "waiting",
            lambda tx, pair: passwords.recover(tx, pair.other, "h", floor=12, reason="x", by_mailbox_alone=False),
        ),
        (
            "birth-date",
            lambda tx, pair: tx.session.execute(
                sa.update(Person).where(Person.id == pair.kept).values(birth_date=date(1957, 3, 24))
            ),
        ),
    ],
)
def test_an_unsafe_merge_changes_nothing(pair: Pair, why: Any, spoil: Any) -> None:
    with pair.database.transaction() as tx:
        passwords.replace(tx, pair.other, "hash", floor=12, reason="test")
        spoil(tx, pair)

    assert (pair.preview(), pair.merge()) == (NoMerge(why), NoMerge(why))

    assert pair.merge(pair.kept, pair.kept) == NoMerge("same")
    assert pair.events("PersonsMerged") == []
    with pair.database.reading() as tx:
        assert enrolments.portals(tx, pair.other) == ["connect"]


def test_of_two_merges_of_one_pair_at_the_same_moment_one_happens(pair: Pair) -> None:
    outcomes = in_parallel(pair.merge, lambda: pair.merge(pair.other, pair.kept))

    assert sorted(outcomes, key=str) == [NoMerge("inactive"), None]
    assert len(pair.events("PersonsMerged")) == len(pair.events("PersonErased")) == 1
