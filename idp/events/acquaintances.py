"""The clients that know a person: those where the person was enrolled, signed in, or gave a consent."""

from collections.abc import Collection

import sqlalchemy as sa

from idp.clients.client import Client
from idp.database import Transaction
from idp.grants import consents, subjects
from idp.grants.client_sessions import ClientSessionRow
from idp.grants.consents import ConsentRow
from idp.grants.refresh_families import RefreshFamily
from idp.people.enrolments import Enrolment

PERSON = sa.bindparam("person", type_=sa.Text)
CLIENTS = sa.bindparam("clients", type_=sa.Text, expanding=True)
KNOWING = sa.union(
    sa.select(Enrolment.portal).where(Enrolment.person_id == PERSON, Enrolment.portal.in_(CLIENTS)),
    *(
        sa.select(table.client_id).where(table.person_id == PERSON, table.client_id.in_(CLIENTS))
        for table in (ClientSessionRow, RefreshFamily, ConsentRow)
    ),
)


def subjects_at(tx: Transaction, person_id: str, clients: Collection[Client]) -> dict[str, str]:
    """Return the `sub` of the person by client id, for those of these clients that know them. Reads only.

    A client with pairwise subjects that never got one for the person has nothing to recognise them by.
    """
    asked = {"person": person_id, "clients": [client.client_id for client in clients]}
    knowing = set(tx.execute(KNOWING, asked).scalars()) if clients else set()
    found = {c.client_id: subjects.known_subject(tx, person_id, c) for c in clients if c.client_id in knowing}
    return {client_id: subject for client_id, subject in found.items() if subject}


def was_told(tx: Transaction, person_id: str, client: Client, scope: str) -> bool:
    """Return whether the client gets the person's claims of this scope: by its file, and by consent where it asks."""
    if scope not in client.scopes:
        return False
    if client.policy.consent == "skip":
        return True
    granted = consents.find(tx, person_id, client.client_id)
    return granted is not None and scope in granted.scopes
