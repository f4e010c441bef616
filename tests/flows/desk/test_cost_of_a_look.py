"""How often a person's page asks the database, and that its few statements say what the domain's own say."""

import pytest

from idp.actions import disabling, remove_method
from idp.actions.actor import Actor
from idp.credentials import recovery_codes, required_methods
from idp.organisations import opened_portals
from idp.people import enrolments, person, portal_identifiers
from idp.provider import Provider
from idp.staff import holdings, situation
from idp.staff.appointments import Role, Scope
from tests.flows.conftest import Account, sign_in
from tests.flows.desk.conftest import Desk
from tests.flows.desk.world import fund, open_record
from tests.flows.passkeys import give_passkey
from tests.support.authenticator import Authenticator
from tests.support.browser import Browser
from tests.support.counting import cost
from tests.support.inbox import Mailbox

pytestmark = pytest.mark.both_databases


def _with_everything(provider: Provider, person_id: str) -> None:
    """Two passkeys, a list of codes, a number, and a past that others wrote."""
    give_passkey(provider, person_id, Authenticator())
    give_passkey(provider, person_id, Authenticator())
    with provider.database.transaction() as tx:
        recovery_codes.keep(tx, person_id, recovery_codes.draw())
        portal_identifiers.attach(tx, person_id, portal="e-services", kind="customer", value="CMP-204817")
        enrolments.enrol(tx, person_id, "espace-personnel", reason="test")


@pytest.mark.parametrize("role", [Role.READER, Role.CLERK, Role.SUPERVISOR])
def test_a_persons_page_takes_at_most_15_statements(
    desk: Desk, provider: Provider, anne: Account, visitor: Browser, mailbox: Mailbox, role: Role
) -> None:
    sign_in(visitor, anne, mailbox)
    _with_everything(provider, anne.id)
    for other in (Role.CLERK, Role.SUPERVISOR):
        open_record(
            desk.works(other, portal="e-services", email=f"{other}@other.example.ch"), f"/desk/people/{anne.id}"
        )
    with provider.database.transaction() as tx:
        disabling.disable(tx, anne.id, by=Actor.operator("test"), reason="stolen")
    browser = desk.works(role, portal="e-services")
    open_record(browser, f"/desk/people/{anne.id}")

    asked = cost(provider.database, lambda: browser.get(f"/desk/people/{anne.id}"))

    assert asked.statements <= 15, asked.texts


def test_the_page_knows_the_same_methods_and_portals_as_a_sign_in(provider: Provider, anne: Account) -> None:
    _with_everything(provider, anne.id)
    ours, registry = fund(provider, "AK01", "Rochat"), provider.registry.current()
    scope = Scope(frozenset({"AK01"}), frozenset({"e-services", "espace-personnel"}))
    with provider.database.reading() as tx:
        for person_id in (anne.id, ours.person):
            found = person.by_id(tx, person_id)
            assert found is not None
            seen = situation.of_person(tx, scope, found, registry=registry, limiter=provider.limiter, name_of=str)
            held = holdings.of_person(tx, person_id)
            listed = [*remove_method.removable(tx, person_id)]
            assert held.removable() == [each for each in listed if each.id != remove_method.PHONE]
            assert seen.held == required_methods.held(tx, person_id)
            assert seen.opened == [*opened_portals.portals_opened_by(tx, registry, person_id)]
