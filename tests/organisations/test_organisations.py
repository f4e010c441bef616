"""Organisations, whose rights are asked freshly each time, and what portals hear of them."""

import pytest

from idp.audit.log import AuditEvent
from idp.database import Database, Transaction
from idp.organisations import chosen, memberships, organisation, organisation_claims, permissions
from idp.organisations.memberships import Rights
from idp.people import enrolments
from tests.support import people
from tests.support.parallel import in_parallel

pytestmark = pytest.mark.both_databases

ADMINISTRATOR = Rights(is_administrator=True, topics=("wages",))


def company(tx: Transaction, number: str = "100.1", name: str = "Muster AG", fund: str = "AK00") -> str:
    return organisation.register(tx, fund=fund, number=number, name=name).id


def test_an_organisation_is_registered_once_and_kept_up_to_date(database: Database) -> None:
    with database.transaction() as tx:
        first = company(tx)
        again = organisation.register(tx, fund="AK00", number="100.1", name="Muster SA", address={"locality": "Bern"})

        assert again.id == first
        assert organisation.by_number(tx, "AK00", "100.1") is again
        assert (again.name, again.address) == ("Muster SA", {"locality": "Bern"})
        changed = tx.session.query(AuditEvent).filter_by(name="OrganisationChanged").one()
        assert changed.details == {"changed": ["address", "name"]}


def test_registering_at_once_makes_one_organisation(database: Database) -> None:
    def register() -> str:
        with database.transaction() as tx:
            return company(tx)

    assert len(set(in_parallel(*[register] * 4))) == 1


def test_only_an_active_administrator_of_an_active_organisation_administers(database: Database) -> None:
    """B-30, B-52"""
    with database.transaction() as tx:
        firm = company(tx)
        anne, beat = people.person(tx, "anne@example.ch").id, people.person(tx, "beat@example.ch").id
        membership = memberships.join(tx, firm, anne, ADMINISTRATOR)
        memberships.join(tx, firm, beat, Rights())

        assert permissions.administers(tx, anne, firm)
        assert not permissions.administers(tx, beat, firm)

        memberships.join(tx, firm, beat, ADMINISTRATOR)
        memberships.change_rights(tx, membership.id, Rights())
        assert not permissions.administers(tx, anne, firm)

        assert organisation.close(tx, firm)
        assert not organisation.close(tx, firm)
        assert not permissions.administers(tx, beat, firm)


def test_a_person_who_acts_elsewhere_keeps_their_own_number(database: Database) -> None:
    """B-41"""
    with database.transaction() as tx:
        firm, other = company(tx), company(tx, "200.2")
        anne, beat, carla = (people.person(tx, f"{name}@example.ch").id for name in ("anne", "beat", "carla"))
        for person_id in (anne, beat, carla):
            memberships.join(tx, firm, person_id, Rights())
            enrolments.enrol(tx, person_id, "connect", reason="test")
        memberships.join(tx, other, beat, Rights())
        enrolments.enrol(tx, carla, "insured", reason="test")

        may = [permissions.may_change_phone(tx, person_id, firm, portal="connect") for person_id in (anne, beat, carla)]

        assert may == [True, False, False]


def test_claims_list_what_the_person_acts_for(database: Database) -> None:
    """B-42"""
    with database.transaction() as tx:
        anne = people.person(tx).id
        first, second = company(tx), company(tx, "200.2", "Andere AG")
        third = company(tx, "300.3", "Bund", fund="AK99")
        memberships.join(tx, first, anne, ADMINISTRATOR)
        left = memberships.join(tx, second, anne, Rights())
        memberships.join(tx, third, anne, Rights())

        entry = {
            "id": first,
            "number": "100.1",
            "name": "Muster AG",
            "fund": "AK00",
            "administrator": True,
            "topics": ["wages"],
        }
        names = [claim["name"] for claim in organisation_claims.for_claims(tx, anne, ())]
        assert names == ["Andere AG", "Bund", "Muster AG"]
        assert organisation_claims.for_claims(tx, anne, ("AK00",))[1] == entry

        memberships.deactivate(tx, left.id, reason="left")
        assert organisation_claims.for_claims(tx, anne, ("AK00",)) == [entry]


def test_a_chosen_organisation_is_remembered_per_portal(database: Database) -> None:
    with database.transaction() as tx:
        anne = people.person(tx).id
        first, second = company(tx), company(tx, "200.2")
        for firm in (first, second):
            memberships.join(tx, firm, anne, Rights())

        assert chosen.chosen(tx, anne, "a") == ""
        assert chosen.choose(tx, anne, "a", first)
        assert chosen.choose(tx, anne, "b", first)
        assert chosen.choose(tx, anne, "a", second)

        assert (chosen.chosen(tx, anne, "a"), chosen.chosen(tx, anne, "b")) == (second, first)


def test_only_an_organisation_one_acts_for_can_be_chosen(database: Database) -> None:
    """B-42"""
    with database.transaction() as tx:
        anne = people.person(tx).id
        firm = company(tx)
        assert not chosen.choose(tx, anne, "a", firm)

        membership = memberships.join(tx, firm, anne, Rights())
        assert chosen.choose(tx, anne, "a", firm)

        memberships.deactivate(tx, membership.id, reason="left")
        assert chosen.chosen(tx, anne, "a") == ""
