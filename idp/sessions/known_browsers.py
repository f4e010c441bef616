"""In which browsers a person has signed in before: an own limit budget there, a notice elsewhere."""

from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from idp import methods, random_values
from idp.database import Base, Transaction
from idp.hot_statements import HotStatement
from idp.people import lookup
from idp.statements import upsert


class KnownBrowser(Base):
    """`browser` is the fingerprint of the browser cookie, `last_method` the second step that was used there
    last, or that the person has added since."""

    __tablename__ = "known_browsers"
    __table_args__ = (sa.Index(None, "last_seen_at"),)

    person_id: Mapped[str] = mapped_column(sa.ForeignKey("people.id"), primary_key=True)
    browser: Mapped[str] = mapped_column(primary_key=True)
    first_seen_at: Mapped[datetime]
    last_seen_at: Mapped[datetime]
    last_method: Mapped[str] = mapped_column(default="", server_default="")


IS_KNOWN = HotStatement(
    sa.select(KnownBrowser.browser).where(
        KnownBrowser.person_id == sa.bindparam("person"), KnownBrowser.browser == sa.bindparam("fingerprint")
    )
)
OWNER_AND_KNOWN = HotStatement(
    sa.select(
        lookup.OWNER.c.person_id,
        sa.exists()
        .where(KnownBrowser.person_id == lookup.OWNER.c.person_id, KnownBrowser.browser == sa.bindparam("fingerprint"))
        .label("is_known"),
    )
)
REMEMBER = HotStatement(upsert(KnownBrowser, ["person_id", "browser"], ["last_seen_at"]))
LAST_METHOD = HotStatement(
    sa.select(KnownBrowser.last_method).where(
        KnownBrowser.person_id == sa.bindparam("person"), KnownBrowser.browser == sa.bindparam("fingerprint")
    )
)
NOTE_METHOD = HotStatement(
    sa.update(KnownBrowser)
    .where(KnownBrowser.person_id == sa.bindparam("person"), KnownBrowser.browser == sa.bindparam("fingerprint"))
    .values(last_method=sa.bindparam("method"))
)
PREFER = (
    sa.update(KnownBrowser)
    .where(
        KnownBrowser.person_id == sa.bindparam("person"),
        KnownBrowser.last_method.in_(sa.bindparam("weaker", expanding=True)),
    )
    .values(last_method=sa.bindparam("method"))
)
FORGET = sa.delete(KnownBrowser).where(KnownBrowser.person_id == sa.bindparam("person"))


def is_known(tx: Transaction, person_id: str, browser: str) -> bool:
    """Return whether the person completed a sign-in in the browser with this cookie value before."""
    asked = {"person": person_id, "fingerprint": random_values.fingerprint(browser)}
    return tx.run(IS_KNOWN, asked).first() is not None


def owner_known(tx: Transaction, typed: str, *, portal: str, browser: str) -> tuple[str, bool]:
    """Return the id of the person whose identifier was typed at this portal, and whether they signed in in the browser.

    Empty: it is nobody's.
    """
    asked = {**lookup.asked(typed, portal=portal), "fingerprint": random_values.fingerprint(browser)}
    row = tx.run(OWNER_AND_KNOWN, asked).one()
    return row.person_id or "", row.is_known


def remember(tx: Transaction, person_id: str, browser: str, *, known: bool) -> bool:
    """Note a complete sign-in; return whether the browser is new for the person. A browser without cookie is new.

    `known` is whether it was known before.
    """
    if not browser:
        return True
    row = {"person_id": person_id, "browser": random_values.fingerprint(browser)}
    tx.run(REMEMBER, row | {"first_seen_at": tx.now, "last_seen_at": tx.now, "last_method": ""})
    return not known


def last_method(tx: Transaction, person_id: str, browser: str) -> str:
    """Return the second step the person used last in this browser; empty: none, or it is not known."""
    asked = {"person": person_id, "fingerprint": random_values.fingerprint(browser)}
    return tx.run(LAST_METHOD, asked).scalar() or ""


def note_method(tx: Transaction, person_id: str, browser: str, method: str) -> None:
    """Remember the second step that was used in this browser, where the browser is known."""
    tx.run(NOTE_METHOD, {"person": person_id, "fingerprint": random_values.fingerprint(browser), "method": method})


def prefer(tx: Transaction, person_id: str, method: str) -> None:
    """Put a method that the person has just added before the weaker ones that they used in their browsers so far."""
    order = methods.second_steps()
    tx.execute(PREFER, {"person": person_id, "weaker": order[order.index(method) + 1 :], "method": method})


def forget(tx: Transaction, person_id: str) -> None:
    """After a recovery or a report of misuse: every browser is new again."""
    tx.execute(FORGET, {"person": person_id})
