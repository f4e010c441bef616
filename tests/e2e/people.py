"""Who comes to the portals in these tests: complete for each portal, so that the protocol is what is tested."""

from idp.credentials import passwords
from idp.organisations import memberships, organisation
from idp.organisations.memberships import Rights
from idp.people import enrolments, terms
from idp.provider import Provider
from tests.support import people


def insured(provider: Provider, *portals: str) -> str:
    """A person who is enrolled at these portals and has accepted their terms; returns the id."""
    with provider.database.transaction() as tx:
        person_id = people.person(tx, phone="+41791234567", honorific="none").id
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


def administrator(provider: Provider) -> tuple[str, str]:
    """The administrator of a company at connect; returns the ids of the person and of the company."""
    person_id = insured(provider, "connect")
    with provider.database.transaction() as tx:
        company = organisation.register(
            tx,
            fund="AK01",
            number="10042",
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
