"""A person, and a browser in which they are signed in: made through the domain, without the pages of a journey."""

from flask.testing import FlaskClient

from idp import interaction, methods
from idp.credentials import passwords
from idp.people import accounts
from idp.people.accounts import NewPerson
from idp.people.email_address import normalise_email
from idp.people.person import Person
from idp.provider import Provider
from idp.sessions import session as sessions
from idp.sessions import signing_in
from idp.sessions.session import Session
from tests.support.proofs import proved

EVERY_CLAIM = {
    "middle_name": "Maria",
    "nickname": "Annie",
    "preferred_username": "anna",
    "profile": "https://anna.example.ch/",
    "picture": "https://anna.example.ch/anna.jpg",
    "website": "https://anna.example.ch/",
    "gender": "female",
    "zoneinfo": "Europe/Zurich",
    "address": {"street_address": "Rue du Lac 1", "postal_code": "1000", "locality": "Lausanne", "country": "CH"},
}


def new_person(provider: Provider, email: str = "anna@example.ch") -> str:
    """A person with everything a portal may ask, and a password that met a floor of 12; returns the id."""
    address = normalise_email(email)
    assert not isinstance(address, str), address
    with provider.database.transaction() as tx:
        new = NewPerson(
            email=address,
            given_name="Anna",
            family_name="Muster",
            language="fr",
            phone="+41791234567",
            claims=EVERY_CLAIM,
        )
        person = accounts.create(tx, new, reason="test")
        assert isinstance(person, Person)
        passwords.replace(tx, person.id, "no hash at all", floor=12, reason="test")
        return person.id


def sign_in(
    provider: Provider, browser: FlaskClient, person_id: str, client_id: str = "basic", *proofs: str, sealed: str = ""
) -> Session:
    """Sign the person in, in this browser, at the portal of this client; again if they are. By password if not told,
    and for the `sealed` authorization request if one is told."""
    group = group_of(provider, client_id)
    name = f"session-{group}"
    with provider.database.transaction() as tx:
        cookie = browser.get_cookie(name)
        pending = interaction.open_pending(tx, sealed)
        started = signing_in.start(
            tx,
            provider.settings.sessions,
            person_id=person_id,
            group=group,
            proofs=proved(tx.now, *(proofs or (methods.PASSWORD,))),
            browser="",
            replacing=sessions.find(tx, cookie.value, group) if cookie else None,
            request_id=pending.id if pending is not None else "",
        )
    browser.set_cookie(name, started.token)
    return started.session


def group_of(provider: Provider, client_id: str) -> str:
    client = provider.registry.current().client(client_id)
    assert client is not None
    return client.sso_group
