"""Links that replace a forgotten password: the mail, its expiry, and its outcome.

- The link's token carries 256 random bits; it is found by its fingerprint. Looking at a link changes nothing.
- The tokens are kept sealed while the link lives: a person who asks too often gets the newest link again.
- Up to `MAX_LIVE` links of a person are open at a time, so that nobody ends another's link by asking again (D-18).
- One conditional UPDATE spends a link, and with it all others of the person (D-12, D-17).
- Where the mailbox is the only proof, `opens_at` lies in the future: the row itself enforces the delay, the link is
  mailed when it is over, and the reader of the notice can stop it until the password is replaced (A-40).
- Asking never touches the account (D-20).
"""

from dataclasses import dataclass
from datetime import datetime, timedelta

import msgspec
import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from idp import random_values
from idp.audit.events.recovery import RecoveryEnded
from idp.audit.log import record
from idp.database import Base, Transaction
from idp.messages import outbox
from idp.people import person

MAX_LIVE = 3
TOLERATED_DEAD_CODES = 3

STOPPED = "stopped"
GUESSED = "guessed"
USED = "used"
SUPERSEDED = "superseded"

SEAL = "recovery tokens"


class Recovery(Base):
    """One mailed link. `by_factor`: a code sent to the phone, or another factor, is needed besides; else the delay
    stands for it.

    `person_id` is empty in a decoy, whose tokens nobody knows. `asked_for` is the person, or the keyed digest of what
    names nobody: by it a stranger's requests are answered as a person's are. `asks_birth_date`: a portal that the
    password opens asks for it, and the first page did not. `end_reason` says why it is over before its time.
    """

    __tablename__ = "recoveries"
    __table_args__ = (
        sa.Index("ix_recoveries_person_id", "person_id"),
        sa.Index("ix_recoveries_asked_for", "asked_for"),
        sa.Index("ix_recoveries_expires_at", "expires_at"),
    )

    id: Mapped[str] = mapped_column(primary_key=True)
    link: Mapped[str] = mapped_column(unique=True)
    stop: Mapped[str] = mapped_column(unique=True)
    person_id: Mapped[str]
    asked_for: Mapped[str] = mapped_column(default="", server_default="")
    client_id: Mapped[str]
    by_factor: Mapped[bool] = mapped_column("by_sms")  # its name when only phones were asked
    asks_birth_date: Mapped[bool] = mapped_column(default=False, server_default=sa.false())
    dead_codes: Mapped[int] = mapped_column(default=0)
    issued_at: Mapped[datetime]
    opens_at: Mapped[datetime]
    expires_at: Mapped[datetime]
    ended_at: Mapped[datetime | None] = mapped_column(default=None)
    end_reason: Mapped[str] = mapped_column(default="")
    sealed_tokens: Mapped[str] = mapped_column(default="", server_default="")
    """`RecoveryTokens` (`SEAL`, bound to the id); emptied when the link ends."""

    def is_live(self, now: datetime) -> bool:
        """Return whether it can replace the password, now or once its delay is over."""
        return self.ended_at is None and now < self.expires_at


class RecoveryTokens(msgspec.Struct, frozen=True):
    """The tokens in the mail: one for its link, one for « it was not me »."""

    link: str
    stop: str


@dataclass(frozen=True)
class StartedRecovery:
    """A recovery and the tokens that are mailed."""

    recovery: Recovery
    tokens: RecoveryTokens


@dataclass(frozen=True, kw_only=True)
class RecoveryPlan:
    """The properties of a new link.

    It opens after `delay` and is then valid for `lifetime`. Without `person_id` it is a decoy.
    """

    person_id: str
    asked_for: str
    client_id: str
    by_factor: bool
    asks_birth_date: bool
    lifetime: timedelta
    delay: timedelta


def begin(tx: Transaction, wanted: RecoveryPlan) -> StartedRecovery:
    """Store a new link.

    The oldest live links of the person beyond `MAX_LIVE` end: of those that wait for their time, or of those that are
    open. A link that has just opened is not ended by ones that still wait, or asking thrice a day would keep it shut.
    """
    tokens, new_id = RecoveryTokens(random_values.token(), random_values.token()), random_values.new_id(tx.now)
    recovery = Recovery(
        id=new_id,
        link=random_values.fingerprint(tokens.link),
        stop=random_values.fingerprint(tokens.stop),
        person_id=wanted.person_id,
        asked_for=wanted.asked_for,
        client_id=wanted.client_id,
        by_factor=wanted.by_factor,
        asks_birth_date=wanted.asks_birth_date,
        issued_at=tx.now,
        opens_at=tx.now + wanted.delay,
        expires_at=tx.now + wanted.delay + wanted.lifetime,
        sealed_tokens=tx.sealer.seal(SEAL, msgspec.json.encode(tokens), context=new_id),
    )
    tx.add(recovery)
    waits = sa.literal(bool(wanted.delay))  # one statement for both: X-13
    alike = sa.or_(sa.and_(waits, Recovery.opens_at > tx.now), sa.and_(sa.not_(waits), Recovery.opens_at <= tx.now))
    of_person = _is_live(tx, wanted.person_id or new_id)
    live = sa.select(Recovery.id).where(of_person, alike).order_by(Recovery.id.desc())
    too_many = tx.session.scalars(live).all()[MAX_LIVE:]
    _end(tx, Recovery.id.in_(too_many), SUPERSEDED, person_id=wanted.person_id or new_id)
    return StartedRecovery(recovery, tokens)


def newest(tx: Transaction, wanted: RecoveryPlan) -> StartedRecovery | None:
    """Return the newest live link of this kind that was asked for before, to be sent again. None: there is none."""
    alike = sa.select(Recovery).where(
        _is_live(tx, wanted.person_id),
        Recovery.asked_for == wanted.asked_for,
        Recovery.by_factor == sa.literal(wanted.by_factor),
        Recovery.asks_birth_date == sa.literal(wanted.asks_birth_date),
        Recovery.sealed_tokens != "",
    )
    found = tx.session.scalar(alike.order_by(Recovery.id.desc()).limit(1))
    if found is None:
        return None
    return StartedRecovery(
        found, msgspec.json.decode(tx.sealer.open(SEAL, found.sealed_tokens, context=found.id), type=RecoveryTokens)
    )


def by_link(tx: Transaction, token: str) -> Recovery | None:
    """Return the recovery that a mailed link's token names, in any state. Read only."""
    return tx.session.scalar(sa.select(Recovery).where(Recovery.link == random_values.fingerprint(token)))


def by_stop(tx: Transaction, token: str) -> Recovery | None:
    """Return the recovery that the token of « it was not me » names. Read only."""
    return tx.session.scalar(sa.select(Recovery).where(Recovery.stop == random_values.fingerprint(token)))


def by_id(tx: Transaction, recovery_id: str, *, lock: bool = False) -> Recovery | None:
    return tx.session.get(Recovery, recovery_id, with_for_update=lock or None, populate_existing=lock)


def newest_issue(tx: Transaction, person_id: str) -> datetime | None:
    """Return when the person's newest live link was sent."""
    return tx.session.scalar(sa.select(sa.func.max(Recovery.issued_at)).where(_is_live(tx, person_id)))


def use(tx: Transaction, recovery: Recovery) -> bool:
    """Spend the link and end all others of the person. False: it is not open (any more); exactly one caller wins."""
    opened = sa.and_(Recovery.id == recovery.id, Recovery.opens_at <= tx.now, Recovery.expires_at > tx.now)
    if _end(tx, opened, USED, person_id=recovery.person_id) == 0:
        return False
    end_pending(tx, recovery.person_id)
    return True


def end_pending(tx: Transaction, person_id: str) -> int:
    """Let every link of the person die: the password was replaced, or the account disabled (D-17)."""
    return _end(tx, sa.and_(Recovery.person_id == person_id, Recovery.person_id != ""), SUPERSEDED, person_id=person_id)


def stop(tx: Transaction, recovery: Recovery) -> str:
    """End this link and every other of the person: its owner denies the request.

    Returns the reference of the event; an empty text where it was over.
    """
    theirs = Recovery.person_id == recovery.person_id
    if not recovery.is_live(tx.now) or _end(tx, theirs, STOPPED, person_id=recovery.person_id) == 0:
        return ""
    return _record_end(tx, recovery, STOPPED)


def count_dead_code(tx: Transaction, recovery: Recovery) -> bool:
    """Count one more code that ended by wrong tries; true if that was one too many and the link ended too (D-15).

    The caller holds the row's lock.
    """
    recovery.dead_codes += 1
    tx.flush()
    if recovery.dead_codes < TOLERATED_DEAD_CODES:
        return False
    _end(tx, Recovery.id == recovery.id, GUESSED, person_id=recovery.person_id)
    _record_end(tx, recovery, GUESSED)
    return True


def lock(tx: Transaction, person_id: str) -> None:
    """Wait for a recovery of this person that is being carried out, and let others wait until this transaction ends."""
    person.hold(tx, person_id)
    tx.session.execute(sa.select(Recovery.id).where(_is_live(tx, person_id)).with_for_update())


def forget(tx: Transaction, person_id: str) -> None:
    """Delete the links of an erased person."""
    tx.execute(sa.delete(Recovery).where(sa.or_(Recovery.person_id == person_id, Recovery.asked_for == person_id)))


def _is_live(tx: Transaction, person_id: str) -> sa.ColumnElement[bool]:
    return sa.and_(Recovery.person_id == person_id, Recovery.ended_at.is_(None), Recovery.expires_at > tx.now)


def _end(tx: Transaction, which: sa.ColumnElement[bool], reason: str, *, person_id: str) -> int:
    """Return how many ended; the mails of theirs that still wait are not sent."""
    over = {"ended_at": tx.now, "end_reason": reason, "sealed_tokens": ""}
    ending = sa.update(Recovery).where(which, Recovery.ended_at.is_(None)).values(over).returning(Recovery.id)
    ended = tx.session.scalars(ending).all()
    outbox.take_back(tx, person_id, ended)
    return len(ended)


def _record_end(tx: Transaction, recovery: Recovery, reason: str) -> str:
    event = RecoveryEnded(
        person_id=recovery.person_id, client_id=recovery.client_id, recovery_id=recovery.id, reason=reason
    )
    return record(tx, event)
