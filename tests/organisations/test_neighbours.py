"""What is done in one company, or to one member, leaves its neighbours as they are."""

import pytest

from idp.audit.log import AuditEvent
from idp.database import Database, Transaction
from idp.organisations import chosen, journal, memberships, organisation, organisation_claims
from idp.organisations.membership import Membership
from idp.organisations.memberships import LastAdministrator, NotFound, Rights
from tests.support import people
from tests.support.clock import MovableClock

pytestmark = pytest.mark.both_databases

ADMINISTRATOR = Rights(is_administrator=True, topics=("wages",))
USER = Rights(topics=("wages",))


def company(tx: Transaction, number: str = "100.1") -> str:
    return organisation.register(tx, fund="AK00", number=number, name="Muster AG").id


def member(tx: Transaction, organisation_id: str, name: str, rights: Rights) -> Membership:
    return memberships.join(tx, organisation_id, people.person(tx, f"{name}@example.ch").id, rights)


def invited(tx: Transaction, organisation_id: str, name: str, rights: Rights) -> Membership:
    membership = memberships.invite(
        tx, organisation_id, email=f"{name}@example.ch", given_name="Nina", family_name="Neu", rights=rights
    )
    assert isinstance(membership, Membership)
    return membership


@pytest.mark.parametrize("act", ["demote", "deactivate"])
def test_administrators_of_another_company_do_not_save_the_last_one_of_this(database: Database, act: str) -> None:
    """B-44"""
    with database.transaction() as tx:
        last = member(tx, company(tx), "anne", ADMINISTRATOR)
        for name in ("beat", "carla"):
            member(tx, other := company(tx, "200.2"), name, ADMINISTRATOR)

        result = (
            memberships.change_rights(tx, last.id, USER)
            if act == "demote"
            else memberships.deactivate(tx, last.id, reason="left")
        )

        assert result == LastAdministrator()
        assert memberships.count_administrators(tx, other) == 2


def test_an_administrator_changes_nobody_in_another_company(database: Database) -> None:
    """B-30"""
    with database.transaction() as tx:
        firm, other = company(tx), company(tx, "200.2")
        anne = member(tx, firm, "anne", ADMINISTRATOR)
        member(tx, other, "beat", ADMINISTRATOR)
        carla = member(tx, other, "carla", USER)

        assert memberships.change_rights(tx, carla.id, ADMINISTRATOR, by=anne.person_id or "") == NotFound()
        assert memberships.deactivate(tx, carla.id, reason="left", by=anne.person_id or "") == NotFound()
        assert (carla.is_administrator, carla.state) == (False, "active")


def test_changing_one_member_changes_no_other(database: Database) -> None:
    """B-27, B-42"""
    with database.transaction() as tx:
        firm = company(tx)
        member(tx, firm, "anne", ADMINISTRATOR)
        beat, carla = member(tx, firm, "beat", USER), member(tx, firm, "carla", USER)

        memberships.change_rights(tx, beat.id, Rights(topics=("letters",)))
        memberships.deactivate(tx, beat.id, reason="left")
        tx.session.refresh(carla)
        assert (carla.topics, carla.state) == (["wages"], "active")

        memberships.deactivate(tx, carla.id, reason="left")
        memberships.reactivate(tx, beat.id)
        tx.session.refresh(carla)
        assert carla.state == "deactivated"


def test_the_fund_dismisses_every_administrator_of_the_company_and_nobody_else(database: Database) -> None:
    """B-45"""
    with database.transaction() as tx:
        firm, other = company(tx), company(tx, "200.2")
        anne, beat = (member(tx, firm, name, ADMINISTRATOR) for name in ("anne", "beat"))
        member(tx, firm, "carla", USER)
        member(tx, other, "dora", ADMINISTRATOR)

        dismissed = memberships.dismiss_administrators(tx, firm, reason="letter of the company")

        assert [gone.membership for gone in dismissed] == [anne, beat]
        assert (anne.is_administrator, anne.state, anne.topics) == (False, "active", ["wages"])
        assert (memberships.count_administrators(tx, firm), memberships.count_administrators(tx, other)) == (0, 1)


def test_each_dismissed_administrator_is_in_the_journal_under_the_reference_of_their_notice(database: Database) -> None:
    """B-45, B-51"""
    with database.transaction() as tx:
        firm = company(tx)
        anne = member(tx, firm, "anne", ADMINISTRATOR)

        (dismissed,) = memberships.dismiss_administrators(tx, firm, reason="letter of the company")

        event = tx.session.query(AuditEvent).filter_by(name="RightsChanged").one()
        assert (event.reference, event.person_id) == (dismissed.reference, anne.person_id)
        assert event.details["reason"] == "letter of the company"


def test_invited_administrators_are_those_who_wait_in_this_company(database: Database) -> None:
    """B-45"""
    with database.transaction() as tx:
        firm, other = company(tx), company(tx, "200.2")
        member(tx, firm, "anne", ADMINISTRATOR)
        waiting = invited(tx, firm, "beat", ADMINISTRATOR)
        invited(tx, firm, "carla", USER)
        invited(tx, other, "dora", ADMINISTRATOR)

        assert memberships.invited_administrators(tx, firm) == [waiting.id]


def test_taking_one_invitation_leaves_the_others_open(database: Database) -> None:
    """B-48"""
    with database.transaction() as tx:
        firm = company(tx)
        taken, withdrawn, waiting = (invited(tx, firm, name, USER) for name in ("anne", "beat", "carla"))

        memberships.accept(tx, taken.id, people.person(tx, "somebody@example.ch").id)
        memberships.withdraw(tx, withdrawn.id)

        open_ones = [line for line in memberships.of_organisation(tx, firm) if line.membership.state == "invited"]
        assert [line.membership.id for line in open_ones] == [waiting.id]


def test_the_journal_shows_the_acts_asked_for_of_this_company_only(database: Database) -> None:
    """B-51"""
    with database.transaction() as tx:
        firm, other = company(tx), company(tx, "200.2")
        anne = member(tx, firm, "anne", ADMINISTRATOR)
        member(tx, other, "beat", USER)

        (joined,) = journal.entries(tx, firm, names=["MemberJoined"])

        assert (joined.name, joined.person_id) == ("MemberJoined", anne.person_id)


def test_who_stopped_administering_leaves_no_company_alone(database: Database) -> None:
    """B-44"""
    with database.transaction() as tx:
        firm = company(tx)
        anne, beat = (member(tx, firm, name, ADMINISTRATOR) for name in ("anne", "beat"))
        memberships.deactivate(tx, beat.id, reason="left")

        assert memberships.administered_alone(tx, beat.person_id or "") == []
        assert memberships.administered_alone(tx, anne.person_id or "") == [firm]


def test_one_line_of_the_list_is_the_line_of_the_list(database: Database) -> None:
    """B-47"""
    with database.transaction() as tx:
        firm = company(tx)
        anne = member(tx, firm, "anne", ADMINISTRATOR)
        waiting = invited(tx, firm, "new", USER)

        lines = {line.membership.id: line for line in memberships.of_organisation(tx, firm)}

        assert memberships.member(tx, anne.id) == lines[anne.id]
        assert memberships.member(tx, waiting.id) == lines[waiting.id]
        assert (lines[anne.id].given_name, lines[waiting.id].given_name) == ("Anne", "Nina")
        assert memberships.member(tx, "none") is None


def test_nobody_acts_for_a_company_that_left_the_fund(database: Database) -> None:
    """B-42"""
    with database.transaction() as tx:
        firm = company(tx)
        anne = member(tx, firm, "anne", ADMINISTRATOR).person_id or ""
        assert chosen.choose(tx, anne, "a", firm)

        organisation.close(tx, firm)
        tx.flush()

        assert organisation_claims.for_claims(tx, anne, ()) == []
        assert chosen.chosen(tx, anne, "a") == ""
        assert not chosen.choose(tx, anne, "a", firm)


def test_a_company_that_comes_back_to_the_fund_is_the_same_again(database: Database, clock: MovableClock) -> None:
    with database.transaction() as tx:
        firm = company(tx)
        organisation.close(tx, firm)
    clock.forward(days=1)

    with database.transaction() as tx:
        again = organisation.register(tx, fund="AK00", number="100.1", name="Muster AG")
        assert (again.id, again.state, again.updated_at) == (firm, organisation.ACTIVE, clock.now())
