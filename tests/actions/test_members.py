"""Rights in a company: changed with their notice and their author, whoever asks."""

from zoneinfo import ZoneInfo

import pytest

from idp.actions import members
from idp.actions.actor import Actor
from idp.actions.invitations import Sender
from idp.actions.members import Invitee
from idp.audit.log import AuditEvent
from idp.clients.brand import Fund
from idp.clients.client import Client
from idp.database import Database, Transaction
from idp.notices.notice import Occasion
from idp.organisations import memberships, organisation
from idp.organisations.membership import Membership
from idp.organisations.memberships import LastAdministrator, NotFound, Rights
from tests.support import people
from tests.support.queued import languages

pytestmark = pytest.mark.both_databases

ADMINISTRATOR, USER = Rights(is_administrator=True), Rights(topics=("salaries",))
CLIENT = Client(client_id="connect", client_name="Connect", funds=(Fund(code="AK01", name={"fr": "Caisse 1"}),))
SENDER = Sender(CLIENT, Occasion(client_id="connect", issuer="https://login", language="en"), ZoneInfo("Europe/Zurich"))
CLERK = Actor.clerk("anna")


def seat_of(tx: Transaction, rights: Rights, address: str, firm: str = "") -> Membership:
    firm = firm or organisation.register(tx, fund="AK01", number="1", name="Muster AG").id
    return memberships.join(tx, firm, people.person(tx, address).id, rights)


def last(tx: Transaction, name: str) -> AuditEvent:
    return tx.session.query(AuditEvent).filter_by(name=name).order_by(AuditEvent.id.desc()).first()


def test_a_clerk_changes_rights_with_a_reason_and_the_member_hears_in_their_language(database: Database) -> None:
    """B-51"""
    with database.transaction() as tx:
        membership = seat_of(tx, USER, "luca@example.ch")

        members.change_rights(tx, membership.id, Rights(), SENDER, by=CLERK, reason="case 12")

        event = last(tx, "RightsChanged")
        assert (event.actor, event.details["reason"]) == ("clerk:anna", "case 12")
        assert languages(tx) == [("rights_changed", "fr")]


def test_a_person_leaves_a_company_and_is_the_author_of_it(database: Database) -> None:
    """B-42"""
    with database.transaction() as tx:
        membership = seat_of(tx, USER, "luca@example.ch")
        luca = membership.person_id or ""

        left = members.leave_company(tx, membership.id, SENDER, person_id=luca)

        assert isinstance(left, Membership)
        event = last(tx, "MemberDeactivated")
        assert (event.actor, event.details["reason"]) == (luca, "left")
        assert languages(tx) == [("access_changed", "fr")]


def test_the_last_administrator_does_not_leave(database: Database) -> None:
    """B-44"""
    with database.transaction() as tx:
        membership = seat_of(tx, ADMINISTRATOR, "claire@example.ch")

        refused = members.leave_company(tx, membership.id, SENDER, person_id=membership.person_id or "")

        assert isinstance(refused, LastAdministrator)
        assert languages(tx) == []


def test_nobody_leaves_for_somebody_else(database: Database) -> None:
    with database.transaction() as tx:
        membership = seat_of(tx, USER, "luca@example.ch")
        other = people.person(tx, "otto@example.ch").id

        assert isinstance(members.leave_company(tx, membership.id, SENDER, person_id=other), NotFound)


def test_who_administers_no_more_changes_nothing(database: Database) -> None:
    """B-52"""
    with database.transaction() as tx:
        claire = seat_of(tx, USER, "claire@example.ch")
        luca = seat_of(tx, USER, "luca@example.ch", claire.organisation_id)
        by = Actor.administrator(claire.person_id or "")

        refused = members.deactivate_member(tx, luca.id, SENDER, by=by)

        assert isinstance(refused, NotFound)
        assert languages(tx) == []


def test_a_clerk_gives_access_back_with_a_reason(database: Database) -> None:
    with database.transaction() as tx:
        membership = seat_of(tx, USER, "luca@example.ch")
        members.deactivate_member(tx, membership.id, SENDER, by=CLERK, reason="case 12")

        members.reactivate_member(tx, membership.id, SENDER, by=CLERK, reason="mistake")

        acted = last(tx, "DeskActed")
        assert acted.details == {"act": "reactivate-member", "reason": "mistake"}
        assert languages(tx) == [("access_changed", "fr")] * 2


def test_an_invitation_names_the_administrator_who_sent_it(database: Database) -> None:
    """B-25"""
    with database.transaction() as tx:
        claire = seat_of(tx, ADMINISTRATOR, "claire@example.ch")
        company = tx.session.get_one(organisation.Organisation, claire.organisation_id)
        invited = Invitee(email="nina@example.ch", given_name="Nina", family_name="Neu", rights=USER)

        members.invite_member(tx, company, invited, SENDER, by=Actor.administrator(claire.person_id or ""))

        assert last(tx, "MemberInvited").actor == claire.person_id
        assert languages(tx) == [("member_invitation", "en")]
