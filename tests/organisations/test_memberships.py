"""Who belongs to an organisation, and that it never loses its last administrator."""

from collections.abc import Callable
from threading import Event
from time import sleep

import pytest

from idp.actions import invitations
from idp.actions.actor import SYSTEM
from idp.audit.log import AuditEvent
from idp.database import Database, Transaction
from idp.organisations import journal, memberships, organisation
from idp.organisations.membership import Membership
from idp.organisations.memberships import AlreadyInvited, LastAdministrator, NotFound, Rights
from idp.people import accounts
from tests.support import people
from tests.support.clock import MovableClock
from tests.support.parallel import in_parallel

pytestmark = pytest.mark.both_databases

ADMINISTRATOR = Rights(is_administrator=True, topics=("wages", "allowances"))
USER = Rights(topics=("wages",))


def company(tx: Transaction, number: str = "100.1") -> str:
    return organisation.register(tx, fund="AK00", number=number, name="Muster AG").id


def member(tx: Transaction, organisation_id: str, name: str, rights: Rights) -> Membership:
    return memberships.join(tx, organisation_id, people.person(tx, f"{name}@example.ch").id, rights)


def invited(tx: Transaction, organisation_id: str, rights: Rights = USER) -> Membership:
    membership = memberships.invite(
        tx, organisation_id, email="new@example.ch", given_name="Nina", family_name="Neu", rights=rights
    )
    assert isinstance(membership, Membership)
    return membership


@pytest.mark.parametrize("act", ["demote", "deactivate"])
def test_the_last_administrator_stays(database: Database, act: str) -> None:
    """B-44"""
    with database.transaction() as tx:
        firm = company(tx)
        last = member(tx, firm, "anne", ADMINISTRATOR)
        member(tx, firm, "beat", USER)

        result = (
            memberships.change_rights(tx, last.id, USER)
            if act == "demote"
            else memberships.deactivate(tx, last.id, reason="left")
        )

        assert result == LastAdministrator()
        assert (last.is_administrator, last.state) == (True, "active")


@pytest.mark.parametrize("act", ["demote", "deactivate"])
def test_one_of_two_administrators_can_go(database: Database, act: str) -> None:
    """B-27, B-29"""
    with database.transaction() as tx:
        firm = company(tx)
        anne, beat = member(tx, firm, "anne", ADMINISTRATOR), member(tx, firm, "beat", ADMINISTRATOR)

        result = (
            memberships.change_rights(tx, anne.id, USER)
            if act == "demote"
            else memberships.deactivate(tx, anne.id, reason="left")
        )

        assert result is anne
        assert memberships.count_administrators(tx, firm) == 1
        assert memberships.change_rights(tx, beat.id, USER) == LastAdministrator()


@pytest.mark.parametrize("act", ["demote", "deactivate", "mixed"])
@pytest.mark.parametrize("count", [2, 4])
def test_administrators_who_remove_each_other_at_once_leave_one(database: Database, act: str, count: int) -> None:
    """B-44, P45"""
    with database.transaction() as tx:
        firm = company(tx)
        ids = [member(tx, firm, f"admin{n}", ADMINISTRATOR).id for n in range(count)]

    def remove(position: int) -> bool:
        demote = act == "demote" or (act == "mixed" and position % 2 == 0)
        with database.transaction() as tx:
            if demote:
                return isinstance(memberships.change_rights(tx, ids[position], USER), Membership)
            return isinstance(memberships.deactivate(tx, ids[position], reason="left"), Membership)

    results = in_parallel(*(lambda position=position: remove(position) for position in range(count)))

    assert results.count(True) == count - 1
    with database.reading() as tx:
        assert memberships.count_administrators(tx, firm) == 1


def test_an_address_has_one_open_invitation_of_a_company_also_when_invited_at_once(database: Database) -> None:
    """B-22, B-48"""
    with database.transaction() as tx:
        firm, other = company(tx), company(tx, "100.2")

    def invite(address: str, organisation_id: str = firm) -> Membership | AlreadyInvited:
        with database.transaction() as tx:
            return memberships.invite(
                tx, organisation_id, email=address, given_name="Nina", family_name="Neu", rights=USER
            )

    spellings = ("new@example.ch", "New@Example.ch", "NEW@example.ch", "new@example.ch")
    results = in_parallel(*(lambda address=address: invite(address) for address in spellings))

    assert sorted(type(result).__name__ for result in results) == ["AlreadyInvited"] * 3 + ["Membership"]
    assert isinstance(invite("new@example.ch", other), Membership)
    with database.reading() as tx:
        assert len(memberships.of_organisation(tx, firm)) == 1


def test_an_address_is_free_again_once_its_invitation_is_cancelled_or_accepted(database: Database) -> None:
    """B-48"""
    with database.transaction() as tx:
        firm = company(tx)
        assert memberships.withdraw(tx, invited(tx, firm).id) is None
        memberships.accept(tx, invited(tx, firm).id, people.person(tx, "somebody-else@example.ch").id)

        assert isinstance(invited(tx, firm), Membership)


def at_once(database: Database, first: Callable[[Transaction], None], second: Callable[[Transaction], None]) -> None:
    """`second` begins while `first` has written and not committed yet."""
    written = Event()

    def begin() -> None:
        with database.transaction() as tx:
            first(tx)
            written.set()
            sleep(0.3)  # long enough for the other to run into it

    def join_in() -> None:
        written.wait()
        with database.transaction() as tx:
            second(tx)

    in_parallel(begin, join_in)


@pytest.mark.parametrize("state", ["active", "invited", "deactivated"])
@pytest.mark.parametrize("fund_is_first", [True, False])
def test_whom_an_administrator_promotes_while_the_fund_replaces_them_does_not_administer(
    database: Database, state: str, fund_is_first: bool
) -> None:
    """B-45"""
    with database.transaction() as tx:
        firm = company(tx)
        anne = member(tx, firm, "anne", ADMINISTRATOR)
        beat = invited(tx, firm) if state == "invited" else member(tx, firm, "beat", ADMINISTRATOR)
        if state == "deactivated":
            memberships.deactivate(tx, beat.id, reason="left")
        elif state == "active":
            memberships.change_rights(tx, beat.id, USER)

    def promote(tx: Transaction) -> None:
        by = anne.person_id or ""
        if state == "deactivated":
            memberships.reactivate(tx, beat.id, by=by)
        else:
            memberships.change_rights(tx, beat.id, ADMINISTRATOR, by=by)

    def replace(tx: Transaction) -> None:
        invitations.withdraw_administrators(tx, firm, by=SYSTEM, reason="test")
        memberships.dismiss_administrators(tx, firm, reason="test")

    at_once(database, *((replace, promote) if fund_is_first else (promote, replace)))

    with database.reading() as tx:
        assert memberships.count_administrators(tx, firm) == 0
        assert memberships.invited_administrators(tx, firm) == []


def test_who_accepts_an_administrators_invitation_while_the_fund_replaces_them_does_not_administer(
    database: Database,
) -> None:
    """B-45"""
    with database.transaction() as tx:
        firm = company(tx)
        nina, membership = people.person(tx, "nina@example.ch").id, invited(tx, firm, ADMINISTRATOR)

    def accept(tx: Transaction) -> None:
        organisation.lock(tx, firm)
        memberships.accept(tx, membership.id, nina)

    def replace(tx: Transaction) -> None:
        invitations.withdraw_administrators(tx, firm, by=SYSTEM, reason="test")
        memberships.dismiss_administrators(tx, firm, reason="test")

    at_once(database, accept, replace)

    with database.reading() as tx:
        assert memberships.count_administrators(tx, firm) == 0


def test_a_disabled_person_does_not_count_as_an_administrator(database: Database) -> None:
    """B-44, B-45"""
    with database.transaction() as tx:
        firm = company(tx)
        anne, beat = member(tx, firm, "anne", ADMINISTRATOR), member(tx, firm, "beat", ADMINISTRATOR)
        assert beat.person_id is not None
        accounts.disable(tx, beat.person_id, reason="test")
        tx.flush()

        assert memberships.count_administrators(tx, firm) == 1
        assert memberships.change_rights(tx, anne.id, USER) == LastAdministrator()


def test_an_invited_administrator_does_not_count_yet(database: Database) -> None:
    """B-44"""
    with database.transaction() as tx:
        firm = company(tx)
        anne = member(tx, firm, "anne", ADMINISTRATOR)
        invited(tx, firm, ADMINISTRATOR)

        assert memberships.deactivate(tx, anne.id, reason="left") == LastAdministrator()


def test_the_last_administrators_topics_can_change(database: Database) -> None:
    """B-27"""
    with database.transaction() as tx:
        anne = member(tx, company(tx), "anne", ADMINISTRATOR)

        changed = memberships.change_rights(tx, anne.id, Rights(is_administrator=True, topics=("wages",)))

        assert changed is anne
        assert anne.topics == ["wages"]


def test_a_user_becomes_administrator(database: Database) -> None:
    """B-27"""
    with database.transaction() as tx:
        firm = company(tx)
        member(tx, firm, "anne", ADMINISTRATOR)
        beat = member(tx, firm, "beat", USER)

        memberships.change_rights(tx, beat.id, ADMINISTRATOR)

        assert memberships.count_administrators(tx, firm) == 2


def test_a_deactivated_member_comes_back_with_their_former_rights(database: Database) -> None:
    """B-42, P46"""
    with database.transaction() as tx:
        firm = company(tx)
        member(tx, firm, "anne", ADMINISTRATOR)
        beat = member(tx, firm, "beat", USER)

        assert memberships.deactivate(tx, beat.id, reason="left") is beat
        assert beat.state == "deactivated"
        assert memberships.deactivate(tx, beat.id, reason="left") == NotFound()
        assert memberships.count_administrators(tx, firm) == 1
        assert memberships.reactivate(tx, beat.id) is beat
        assert memberships.reactivate(tx, beat.id) == NotFound()

        assert (beat.state, beat.topics) == ("active", ["wages"])


def test_rights_given_while_deactivated_are_noted_and_come_back_with_the_access(database: Database) -> None:
    """B-27, B-42"""
    with database.transaction() as tx:
        firm = company(tx)
        member(tx, firm, "anne", ADMINISTRATOR)
        beat = member(tx, firm, "beat", USER)
        memberships.deactivate(tx, beat.id, reason="left")

        assert memberships.change_rights(tx, beat.id, ADMINISTRATOR) is beat

        assert (beat.state, memberships.count_administrators(tx, firm)) == ("deactivated", 1)
        memberships.reactivate(tx, beat.id)
        assert memberships.count_administrators(tx, firm) == 2


def test_an_invitation_is_accepted_once(database: Database) -> None:
    """B-48"""
    with database.transaction() as tx:
        waiting_id = invited(tx, company(tx)).id
        ids = [people.person(tx, f"{name}@example.ch").id for name in ("anne", "beat")]

    def accept(person_id: str) -> bool:
        with database.transaction() as tx:
            return isinstance(memberships.accept(tx, waiting_id, person_id), Membership)

    results = in_parallel(*(lambda person_id=person_id: accept(person_id) for person_id in ids))

    assert sorted(results) == [False, True]


def test_what_was_typed_of_somebody_is_forgotten_when_they_accept(database: Database) -> None:
    """B-47"""
    with database.transaction() as tx:
        waiting = invited(tx, company(tx))
        anne = people.person(tx)

        accepted = memberships.accept(tx, waiting.id, anne.id)

        assert isinstance(accepted, Membership)
        assert (accepted.id, accepted.person_id, accepted.state) == (waiting.id, anne.id, "active")
        assert (accepted.invited_as_email, accepted.invited_as_given_name) == ("", "")


def test_accepting_where_one_is_a_member_already_adds_the_new_rights(database: Database) -> None:
    """B-47"""
    with database.transaction() as tx:
        firm = company(tx)
        anne = member(tx, firm, "anne", ADMINISTRATOR)
        waiting = invited(tx, firm, Rights(topics=("letters",)))
        assert anne.person_id is not None

        accepted = memberships.accept(tx, waiting.id, anne.person_id)

        assert accepted is anne
        assert (anne.is_administrator, anne.topics) == (True, ["wages", "allowances", "letters"])
        assert len(memberships.of_organisation(tx, firm)) == 1


def test_a_leaver_who_is_invited_again_gets_the_new_rights_only(database: Database) -> None:
    """P46"""
    with database.transaction() as tx:
        firm = company(tx)
        member(tx, firm, "anne", ADMINISTRATOR)
        beat = member(tx, firm, "beat", ADMINISTRATOR)
        assert beat.person_id is not None
        memberships.deactivate(tx, beat.id, reason="left")

        accepted = memberships.accept(tx, invited(tx, firm, USER).id, beat.person_id)

        assert accepted is beat
        assert (beat.state, beat.is_administrator, beat.topics) == ("active", False, ["wages"])


def test_a_withdrawn_invitation_cannot_be_accepted(database: Database) -> None:
    """B-48"""
    with database.transaction() as tx:
        firm = company(tx)
        waiting_id = invited(tx, firm).id
        anne = people.person(tx)

        assert memberships.withdraw(tx, waiting_id) is None
        assert memberships.withdraw(tx, waiting_id) == NotFound()
        assert memberships.accept(tx, waiting_id, anne.id) == NotFound()
        assert memberships.of_organisation(tx, firm) == []


def test_an_active_member_cannot_be_withdrawn(database: Database) -> None:
    """B-48"""
    with database.transaction() as tx:
        anne = member(tx, company(tx), "anne", ADMINISTRATOR)

        assert memberships.withdraw(tx, anne.id) == NotFound()


def test_the_list_shows_people_and_invited_ones_by_name(database: Database) -> None:
    """B-47, B-48"""
    with database.transaction() as tx:
        firm = company(tx)
        member(tx, firm, "anne", ADMINISTRATOR)
        invited(tx, firm)
        member(tx, company(tx, "200.2"), "elsewhere", USER)

        lines = memberships.of_organisation(tx, firm)

        shown = [(line.family_name, line.email, line.membership.state) for line in lines]
        assert shown == [("Neu", "new@example.ch", "invited"), ("Rochat", "anne@example.ch", "active")]


def test_the_journal_says_who_changed_what_and_when(database: Database, clock: MovableClock) -> None:
    """B-51"""
    with database.transaction() as tx:
        firm = company(tx)
        member(tx, firm, "anne", ADMINISTRATOR)
        beat = member(tx, firm, "beat", USER)
    clock.forward(hours=1)

    with database.transaction() as tx:
        memberships.change_rights(tx, beat.id, ADMINISTRATOR)
        memberships.deactivate(tx, beat.id, reason="left")
        memberships.reactivate(tx, beat.id)

    with database.reading() as tx:
        newest = journal.entries(tx, firm, limit=3)
        assert [entry.name for entry in newest] == ["MemberReactivated", "MemberDeactivated", "RightsChanged"]
        assert newest[2].details == {
            "membership_id": beat.id,
            "was_administrator": False,
            "is_administrator": True,
            "old_topics": ["wages"],
            "new_topics": ["wages", "allowances"],
            "reason": "",
        }
        older = journal.entries(tx, firm, before=newest[-1].id)
        assert [entry.name for entry in older] == ["MemberJoined", "MemberJoined", "OrganisationRegistered"]


def test_a_refused_act_leaves_no_trace_in_the_journal(database: Database) -> None:
    """B-44"""
    with database.transaction() as tx:
        anne = member(tx, company(tx), "anne", ADMINISTRATOR)
        memberships.deactivate(tx, anne.id, reason="left")

        assert tx.session.query(AuditEvent).filter_by(name="MemberDeactivated").count() == 0


def test_an_unknown_membership_is_a_value(database: Database) -> None:
    with database.transaction() as tx:
        assert memberships.change_rights(tx, "none", USER) == NotFound()
        assert memberships.deactivate(tx, "none", reason="left") == NotFound()
        assert memberships.reactivate(tx, "none") == NotFound()
        assert memberships.accept(tx, "none", "nobody") == NotFound()
