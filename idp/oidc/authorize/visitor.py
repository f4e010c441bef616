"""The person who comes with a request, read at once: the session, and what every requirement asks of its person."""

from dataclasses import dataclass

import sqlalchemy as sa

from idp.credentials.passwords import Password
from idp.database import Transaction
from idp.grants.client_sessions import ClientSessionRow
from idp.hot_statements import HotStatement
from idp.oidc.authorize.context import AuthorizationContext
from idp.people import completeness
from idp.people.person import Person
from idp.sessions import session as sessions
from idp.sessions.session import Session, SessionRow


@dataclass(frozen=True, slots=True)
class Visitor(Session):
    """A live session. `password_floor` is None for a person without password; `missing` are details of the person.

    `sid` names the session at the client, empty before the first authorization; `tells_organisations`: it is known as
    one that rests on the person's companies.
    """

    password_floor: int | None
    missing: frozenset[str]
    sid: str
    tells_organisations: bool


FIND = HotStatement(
    sessions.FIND.add_columns(
        Password.floor,
        ClientSessionRow.id.label("sid"),
        ClientSessionRow.knows_organisations,
        *completeness.COLUMNS,
    )
    .outerjoin(Password, sa.and_(Password.person_id == Person.id, Password.retired_at.is_(None)))
    .outerjoin(
        ClientSessionRow,
        sa.and_(
            ClientSessionRow.session_id == SessionRow.id,
            ClientSessionRow.client_id == sa.bindparam("at"),
            ClientSessionRow.ended_at.is_(None),
        ),
    )
)


def find(tx: Transaction, context: AuthorizationContext, token: str) -> Visitor | None:
    """Return the visitor with this session cookie; None: nobody is signed in. Without a cookie, nobody is asked."""
    if not token:
        return None
    client = context.client
    asked = completeness.asked(tx, client.policy, portal=client.client_id)
    row = tx.run(FIND, {**asked, **sessions.asked(tx, token, client.sso_group)}).first()
    if row is None:
        return None
    return Visitor(
        **sessions.fields_of(row),
        password_floor=row.floor,
        missing=completeness.missing_of(row, client.policy),
        sid=row.sid or "",
        tells_organisations=bool(row.knows_organisations),
    )
