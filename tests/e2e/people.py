"""Who comes to the portals in these tests: complete for each portal, so that the protocol is what is tested."""

from datetime import date
from typing import Any

from idp.credentials import passwords
from idp.organisations import memberships, organisation
from idp.organisations.memberships import Rights
from idp.people import enrolments, portal_identifiers, terms
from idp.provider import Provider
from tests.support import people

PASSWORD = "quatre chevaux bleus"
BORN = date(1956, 7, 16)


def insured(provider: Provider, *portals: str, address: str = "anne.rochat@example.ch", **more: Any) -> str:
    """A person who is enrolled at these portals and has accepted their terms; returns the id.

    `more` are fields of `NewPerson`.
    """
    with provider.database.transaction() as tx:
        fields = {"phone": "+41791234567", "honorific": "none", **more}
        person_id = people.person(tx, address, **fields).id
    enrol(provider, person_id, *portals)
    return person_id


def enrol(provider: Provider, person_id: str, *portals: str) -> None:
    """Enrol a person at portals and let them accept the terms there."""
    registry = provider.registry.current()
    with provider.database.transaction() as tx:
        for portal in portals:
            client = registry.client(portal)
            assert client is not None
            enrolments.enrol(tx, person_id, portal, reason="test")
            terms.accept(tx, person_id, portal, client.policy.terms_version, language="fr")


def demote(provider: Provider, person_id: str, company_id: str) -> None:
    """Take the administrator's right away, which needs another administrator first."""
    with provider.database.transaction() as tx:
        successor = people.person(tx, "successeur@example.ch")
        memberships.join(tx, company_id, successor.id, Rights(is_administrator=True))
        (own,) = memberships.of_person(tx, person_id)
        memberships.change_rights(tx, own.id, Rights(topics=("contributions",)))


def customer(provider: Provider, address: str, number: str) -> str:
    """A customer of espace-personnel with a number, a date of birth and `PASSWORD`; returns the id."""
    person_id = insured(provider, "espace-personnel", address=address, birth_date=BORN)
    give_password(provider, person_id, PASSWORD)
    with provider.database.transaction() as tx:
        kind = portal_identifiers.CUSTOMER
        portal_identifiers.attach(tx, person_id, portal="espace-personnel", kind=kind, value=number)
    return person_id


def administrator(
    provider: Provider, address: str = "anne.rochat@example.ch", number: str = "10042"
) -> tuple[str, str]:
    """The administrator of a company at connect; returns the ids of the person and of the company."""
    person_id = insured(provider, "connect", address=address)
    with provider.database.transaction() as tx:
        company = organisation.register(
            tx,
            fund="AK01",
            number=number,
            name="Menuiserie Favre SA",
            address={},
            topics=("contributions", "salaries"),
        )
        memberships.join(tx, company.id, person_id, Rights(is_administrator=True, topics=("contributions",)))
        return person_id, company.id


def give_password(provider: Provider, person_id: str, password: str) -> None:
    hashed = provider.hasher.hash(password)
    with provider.database.transaction() as tx:
        passwords.replace(tx, person_id, hashed, floor=12, reason="test")
