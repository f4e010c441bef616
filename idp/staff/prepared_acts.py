"""Acts that need two members of staff: one prepares the act, and another one confirms or refuses it within a day.

    prepared → confirmed | refused | withdrawn by its author | expired

Nothing is done to the person or company before. The same act on the same record waits once: a unique key decides who
prepared it. Each end is one conditional UPDATE: of two who decide at the same moment one wins, and the author of an act
never confirms it. Pages ask again, at the confirmation, whether both may.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from idp import random_values
from idp.audit.events.desk import ActDecided, ActPrepared
from idp.audit.log import record
from idp.database import Base, Transaction
from idp.invitations.letters.job import JobState, LetterJob
from idp.organisations.organisation import Organisation
from idp.people.person import Person
from idp.staff import looks, visibility
from idp.staff.appointments import Scope
from idp.staff.looks import Kind
from idp.statements import insert_if_absent

LASTS = timedelta(hours=24)
MOST_SHOWN = 50

SubjectKind = Kind | Literal["staff", "letter-job"]
STAFF: SubjectKind = "staff"
LETTER_JOB: SubjectKind = "letter-job"

Decision = Literal["confirmed", "refused", "withdrawn"]
CONFIRMED: Decision = "confirmed"
REFUSED: Decision = "refused"
WITHDRAWN: Decision = "withdrawn"
WAITING = ""
SUBJECT_FIELDS: Mapping[str, str] = {
    looks.PERSON: "person_id",
    looks.COMPANY: "organisation_id",
    STAFF: "staff_id",
    LETTER_JOB: "job_id",
}
"""The field of the events that names the subject."""


class PreparedAct(Base):
    """`subject_id` is a person, company, member of staff or letter job (`kind`).

    `other_id` is the second record of an act on two, the place of an appointment, or the campaign whose letters a job
    issues again.

    `reason` and `identity` are the author's; `outcome` is empty while the act waits. `waits_as` is what no second act
    that waits may have.
    """

    __tablename__ = "prepared_acts"
    __table_args__ = (sa.Index(None, "expires_at"), sa.Index(None, "waits_as", unique=True))

    id: Mapped[str] = mapped_column(primary_key=True)
    act: Mapped[str]
    kind: Mapped[str]
    subject_id: Mapped[str]
    other_id: Mapped[str]
    prepared_by: Mapped[str] = mapped_column(sa.ForeignKey("staff.id"))
    reason: Mapped[str]
    identity: Mapped[str]
    prepared_at: Mapped[datetime]
    expires_at: Mapped[datetime]
    outcome: Mapped[str] = mapped_column(default=WAITING)
    decided_by: Mapped[str] = mapped_column(default="")
    decided_at: Mapped[datetime | None] = mapped_column(default=None)
    waits_as: Mapped[str | None] = mapped_column(default=None)


@dataclass(frozen=True, kw_only=True)
class ActPlan:
    """An act as its author describes it. `act` is its name at the desk."""

    act: str
    kind: SubjectKind
    subject_id: str
    reason: str
    identity: str = ""
    other_id: str = ""

    @property
    def key(self) -> str:
        """The same for every act of this kind on the same record.

        Of a member of staff: at the same place. Letters of a campaign are issued again by one job at a time.
        """
        if self.kind == LETTER_JOB:
            return f"{self.act} {self.other_id or self.subject_id}"
        return " ".join((self.act, self.subject_id, *((self.other_id,) if self.kind == STAFF else ())))


IS_OVER = sa.and_(
    PreparedAct.kind == LETTER_JOB,
    ~sa.exists().where(LetterJob.id == PreparedAct.subject_id, LetterJob.state == JobState.CHECKED),
)
IS_OPEN = (PreparedAct.outcome == WAITING, PreparedAct.expires_at > sa.bindparam("now"))
IS_OWN = PreparedAct.prepared_by == sa.bindparam("by")
INSERT = insert_if_absent(PreparedAct, ["waits_as"]).returning(PreparedAct.id)
FREE = (
    sa.update(PreparedAct)
    .where(
        PreparedAct.waits_as == sa.bindparam("key"),
        sa.or_(PreparedAct.outcome != WAITING, PreparedAct.expires_at <= sa.bindparam("now"), IS_OVER),
    )
    .values(waits_as=None)
)
"""One that expired, whose letters were discarded, or that the version before this one decided, waits no more."""
DECIDE = (
    sa.update(PreparedAct)
    .where(
        PreparedAct.id == sa.bindparam("which"),
        *IS_OPEN,
        sa.or_(
            sa.and_(sa.bindparam("withdraws", type_=sa.Boolean), IS_OWN),
            sa.and_(sa.not_(sa.bindparam("withdraws", type_=sa.Boolean)), sa.not_(IS_OWN)),
        ),
    )
    .values(
        outcome=sa.bindparam("decision"), decided_by=sa.bindparam("by"), decided_at=sa.bindparam("now"), waits_as=None
    )
    .returning(PreparedAct.id)
)


def prepare(tx: Transaction, planned: ActPlan, *, by: str) -> PreparedAct | None:
    """Let the act wait for a second member of staff. None: this act on this record waits already."""
    alike = sa.select(PreparedAct.id).where(
        PreparedAct.act == planned.act, PreparedAct.subject_id == planned.subject_id, *IS_OPEN
    )
    if planned.kind == STAFF:
        alike = alike.where(PreparedAct.other_id == planned.other_id)
    if tx.execute(alike, {"now": tx.now}).first() is not None:
        return None
    tx.execute(FREE, {"key": planned.key, "now": tx.now})
    row = {
        "id": random_values.new_id(tx.now),
        "act": planned.act,
        "kind": planned.kind,
        "subject_id": planned.subject_id,
        "other_id": planned.other_id,
        "prepared_by": by,
        "reason": planned.reason,
        "identity": planned.identity,
        "prepared_at": tx.now,
        "expires_at": tx.now + LASTS,
        "waits_as": planned.key,
    }
    act_id = tx.execute(INSERT, row).scalar()
    if act_id is None:
        return None
    prepared = tx.session.get_one(PreparedAct, act_id)
    event = ActPrepared(prepared_act_id=act_id, act=planned.act, reason=planned.reason, **_subject(prepared))
    record(tx, event)
    return prepared


def by_id(tx: Transaction, act_id: str, kind: SubjectKind, subject_id: str) -> PreparedAct | None:
    """Return the act if it waits and is about this record."""
    found = tx.session.get(PreparedAct, act_id)
    waits = found is not None and found.outcome == WAITING and found.expires_at > tx.now
    return found if found is not None and waits and (found.kind, found.subject_id) == (kind, subject_id) else None


def waiting(
    tx: Transaction, scope: Scope, *, kind: SubjectKind | None = None, subject_id: str = ""
) -> Sequence[PreparedAct]:
    """Return the acts that wait and are about records and places that are seen, the oldest first.

    With a `kind`, those about subjects of that kind; with a `subject_id` as well, those about that one.
    """
    person = sa.exists().where(Person.id == PreparedAct.subject_id, visibility.is_seen(scope))
    company = sa.exists().where(Organisation.id == PreparedAct.subject_id, visibility.company_is_seen(scope))
    job = sa.exists().where(
        LetterJob.id == PreparedAct.subject_id,
        LetterJob.state == JobState.CHECKED,
        LetterJob.fund.in_(sorted(scope.funds)),
    )
    seen = sa.or_(
        sa.and_(PreparedAct.kind == looks.PERSON, person),
        sa.and_(PreparedAct.kind == looks.COMPANY, company),
        sa.and_(PreparedAct.kind == STAFF, PreparedAct.other_id.in_(sorted(scope.places))),
        sa.and_(PreparedAct.kind == LETTER_JOB, job),
    )
    found = sa.select(PreparedAct).where(*IS_OPEN, seen).order_by(PreparedAct.id).limit(MOST_SHOWN)
    if kind is not None:
        found = found.where(PreparedAct.kind == kind)
    if subject_id:
        found = found.where(PreparedAct.subject_id == subject_id)
    return tx.session.scalars(found, {"now": tx.now}).all()


def waiting_jobs(tx: Transaction, job_ids: Collection[str]) -> frozenset[str]:
    """Return those of these letter jobs whose order waits for a second person."""
    if not job_ids:
        return frozenset()
    wanted = (PreparedAct.kind == LETTER_JOB, PreparedAct.subject_id.in_(sorted(job_ids)))
    return frozenset(tx.session.scalars(sa.select(PreparedAct.subject_id).where(*IS_OPEN, *wanted), {"now": tx.now}))


def decide(tx: Transaction, prepared: PreparedAct, decision: Decision, *, by: str) -> bool:
    """End the waiting of an act; a confirmed one is then carried out by the caller, in the same transaction.

    False: it does not wait any more, or this member of staff may not decide so.
    """
    asked = {"which": prepared.id, "now": tx.now, "by": by, "decision": decision, "withdraws": decision == WITHDRAWN}
    if tx.execute(DECIDE, asked).first() is None:
        return False
    event = ActDecided(
        prepared_act_id=prepared.id,
        act=prepared.act,
        decision=decision,
        prepared_by=prepared.prepared_by,
        **_subject(prepared),
    )
    record(tx, event)
    return True


def _subject(row: PreparedAct) -> dict[str, str]:
    return {SUBJECT_FIELDS[row.kind]: row.subject_id}
