"""Which portals a password opens: by enrolment, by membership, by an open invitation."""

import pytest

from idp.database import Transaction
from idp.organisations import memberships, organisation
from idp.organisations.membership import Membership
from idp.organisations.memberships import Rights
from idp.organisations.opened_portals import portals_opened_by
from idp.people import enrolments
from idp.provider import Provider
from tests.support import people
from tests.support.clients import bend

pytestmark = pytest.mark.both_databases

USER = Rights(topics=("salaries",))


def company(tx: Transaction, fund: str = "AK01") -> str:
    return organisation.register(tx, fund=fund, number="100.1", name="Muster AG").id


def invite(tx: Transaction, organisation_id: str, address: str) -> str:
    membership = memberships.invite(
        tx, organisation_id, email=address, given_name="Anne", family_name="Rochat", rights=USER
    )
    assert isinstance(membership, Membership)
    return membership.id


def opened(provider: Provider, tx: Transaction, person_id: str) -> list[str]:
    return [client.client_id for client in portals_opened_by(tx, provider.registry.current(), person_id)]


def test_the_portals_of_enrolments_and_memberships_count_together(provider: Provider) -> None:
    """Rulings 32: who came by an invitation has no enrolment"""
    with provider.database.transaction() as tx:
        anne = people.person(tx)
        enrolments.enrol(tx, anne.id, "e-services", reason="test")
        memberships.join(tx, company(tx), anne.id, USER)

        assert opened(provider, tx, anne.id) == ["connect", "e-services"]


def test_an_open_invitation_to_the_address_counts_before_it_is_accepted(provider: Provider) -> None:
    with provider.database.transaction() as tx:
        anne = people.person(tx, "anne.rochat@example.ch")
        membership = invite(tx, company(tx), "Anne.Rochat@EXAMPLE.ch")

        assert opened(provider, tx, anne.id) == ["connect"]
        memberships.withdraw(tx, membership)
        assert opened(provider, tx, anne.id) == []


def test_a_membership_that_is_over_opens_nothing(provider: Provider) -> None:
    with provider.database.transaction() as tx:
        anne, firm = people.person(tx), company(tx)
        membership = memberships.join(tx, firm, anne.id, USER)

        memberships.deactivate(tx, membership.id, reason="left")

        assert opened(provider, tx, anne.id) == []


@pytest.mark.parametrize("state", ["member", "invited"])
def test_a_company_that_left_its_fund_opens_nothing(provider: Provider, state: str) -> None:
    with provider.database.transaction() as tx:
        anne, firm = people.person(tx), company(tx)
        if state == "member":
            memberships.join(tx, firm, anne.id, USER)
        else:
            invite(tx, firm, "anne.rochat@example.ch")

        organisation.close(tx, firm)

        assert opened(provider, tx, anne.id) == []


def test_an_enrolment_that_ended_opens_nothing(provider: Provider) -> None:
    with provider.database.transaction() as tx:
        anne = people.person(tx)
        enrolments.enrol(tx, anne.id, "espace-personnel", reason="test")

        enrolments.end(tx, anne.id, "espace-personnel", reason="test")

        assert opened(provider, tx, anne.id) == []


def test_a_portal_for_companies_that_names_no_fund_serves_all_of_them(provider: Provider) -> None:
    bend(provider, "connect", funds=())
    with provider.database.transaction() as tx:
        anne = people.person(tx)
        memberships.join(tx, company(tx, fund="AK77"), anne.id, USER)

        assert opened(provider, tx, anne.id) == ["connect"]


def test_the_portals_of_others_do_not_count(provider: Provider) -> None:
    with provider.database.transaction() as tx:
        anne, beat, firm = people.person(tx), people.person(tx, "beat@example.ch"), company(tx)
        enrolments.enrol(tx, beat.id, "e-services", reason="test")
        memberships.join(tx, firm, beat.id, USER)
        invite(tx, firm, "carla@example.ch")

        assert opened(provider, tx, anne.id) == []


def test_nobody_opens_nothing(provider: Provider) -> None:
    """The same statements run for a stranger, who has no id"""
    with provider.database.reading() as tx:
        assert opened(provider, tx, "") == []
