"""The standing of a person who is about to be signed in, read at once: the end of a sign-in asks for all of it."""

from dataclasses import dataclass

import sqlalchemy as sa

from idp import random_values
from idp.credentials import passwords
from idp.credentials.passwords import Password, StoredPassword
from idp.database import Transaction
from idp.people.closures import Closure
from idp.people.emails import EmailAddress
from idp.people.legacy import LegacyAccount
from idp.people.person import Person
from idp.sessions.known_browsers import KnownBrowser


@dataclass(frozen=True)
class Standing:
    """`knows_browser`: the person signed in in it before. `is_closing`: they asked to delete the account.

    `legacy_state` is that of the legacy account that was asked for with the person, empty without one.
    """

    person: Person | None
    email: EmailAddress | None
    legacy_state: str
    password: StoredPassword | None
    knows_browser: bool
    is_closing: bool


_ASKED = sa.select(sa.bindparam("person", type_=sa.Text).label("person_id")).subquery("asked")
READ = (
    sa.select(
        Person,
        EmailAddress,
        LegacyAccount.state,
        sa.exists()
        .where(KnownBrowser.person_id == _ASKED.c.person_id, KnownBrowser.browser == sa.bindparam("fingerprint"))
        .label("knows_browser"),
        sa.exists().where(Closure.person_id == _ASKED.c.person_id, Closure.ended_at.is_(None)).label("is_closing"),
        *passwords.READ,
    )
    .select_from(_ASKED)
    .outerjoin(Person, Person.id == _ASKED.c.person_id)
    .outerjoin(EmailAddress, EmailAddress.person_id == Person.id)
    .outerjoin(LegacyAccount, LegacyAccount.id == sa.bindparam("legacy"))
    .outerjoin(Password, sa.and_(Password.person_id == Person.id, Password.retired_at.is_(None)))
    .execution_options(populate_existing=True)
)


def read(tx: Transaction, person_id: str, browser: str, *, legacy_id: str = "") -> Standing:
    """Return the standing of this person in the browser with this cookie value; of nobody, an empty one."""
    asked = {"person": person_id, "fingerprint": random_values.fingerprint(browser), "legacy": legacy_id}
    person, email, legacy_state, knows_browser, is_closing, *password = tx.session.execute(READ, asked).one()
    return Standing(person, email, legacy_state or "", passwords.stored(password), knows_browser, is_closing)
