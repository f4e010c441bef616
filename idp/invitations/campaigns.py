"""A campaign: letters that a clerk orders at once, for one fund and one reason."""

from collections import Counter
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from idp import random_values
from idp.audit import log
from idp.audit.events.invitations import LettersPrinted
from idp.database import Base, Transaction
from idp.invitations.registration_code import LIVE, RegistrationCode, RegistrationCodeState
from idp.people.insured import InsuredPerson


class LetterCampaign(Base):
    __tablename__ = "letter_campaigns"

    id: Mapped[str] = mapped_column(primary_key=True)
    client_id: Mapped[str]
    fund: Mapped[str]
    reason: Mapped[str]
    created_at: Mapped[datetime]
    created_by: Mapped[str]
    finished_at: Mapped[datetime | None]


@dataclass(frozen=True)
class Campaign:
    """A campaign and how far its letters got: state → number."""

    id: str
    client_id: str
    fund: str
    reason: str
    created_at: datetime
    created_by: str
    finished_at: datetime | None
    states: dict[str, int]


TABLE = LetterCampaign.__table__
CODES = RegistrationCode.__table__
INSERT = sa.insert(TABLE)  # type: ignore[arg-type]
FINISH = (
    sa.update(TABLE)  # type: ignore[arg-type]
    .where(TABLE.c.id == sa.bindparam("of_id"))
    .values(finished_at=sa.bindparam("at"))
)
IS_EXPIRED = sa.and_(CODES.c.state.in_(LIVE), CODES.c.expires_at <= sa.bindparam("at", type_=CODES.c.expires_at.type))
NEWEST = sa.select(
    TABLE.c.id,
    TABLE.c.client_id,
    TABLE.c.fund,
    TABLE.c.reason,
    TABLE.c.created_at,
    TABLE.c.created_by,
    TABLE.c.finished_at,
).order_by(TABLE.c.id.desc())
MARK_SENT = (
    sa.update(CODES)  # type: ignore[arg-type]
    .where(CODES.c.campaign_id == sa.bindparam("of_id"), CODES.c.state == RegistrationCodeState.CREATED)
    .values(state=RegistrationCodeState.SENT, sent_at=sa.bindparam("at"))
)
STATES = (
    sa.select(
        CODES.c.campaign_id,
        CODES.c.state,
        (CODES.c.expires_at <= sa.bindparam("at")).label("over"),
        sa.func.count().label("letters"),
    )
    .where(CODES.c.campaign_id.in_(sa.bindparam("campaigns", expanding=True)))
    .group_by(CODES.c.campaign_id, CODES.c.state, CODES.c.expires_at <= sa.bindparam("at"))
)
FUNNEL = (
    sa.select(
        CODES.c.campaign_id,
        sa.func.count().label("issued"),
        sa.func.count(CODES.c.sent_at).label("sent"),
        sa.func.count(CODES.c.opened_at).label("opened"),
        sa.func.count(CODES.c.used_at).label("used"),
        sa.func.sum(sa.case((IS_EXPIRED, 1), else_=0)).label("expired"),
    )
    .where(CODES.c.campaign_id.in_(sa.bindparam("campaigns", expanding=True)))
    .group_by(CODES.c.campaign_id)
)
READERS = (
    sa.select(InsuredPerson.number)
    .join_from(CODES, InsuredPerson, InsuredPerson.id == CODES.c.subject_id)
    .where(CODES.c.campaign_id == sa.bindparam("of_id"), CODES.c.state.in_(LIVE), InsuredPerson.person_id == "")
    .order_by(InsuredPerson.number)
)


@dataclass(frozen=True)
class Funnel:
    """How many letters of a campaign were drawn, and how many of those got how far. `expired`: unused, and too late."""

    issued: int = 0
    sent: int = 0
    opened: int = 0
    used: int = 0
    expired: int = 0


def begin(tx: Transaction, *, client_id: str, fund: str, reason: str, campaign_id: str = "") -> str:
    """Open a campaign and return its id, which its codes carry: `campaign_id` where they carry it already."""
    campaign_id = campaign_id or random_values.new_id(tx.now)
    tx.execute(
        INSERT,
        {
            "id": campaign_id,
            "client_id": client_id,
            "fund": fund,
            "reason": reason,
            "created_at": tx.now,
            "created_by": tx.origin.actor,
            "finished_at": None,
        },
    )
    return campaign_id


def finish(tx: Transaction, campaign_id: str, *, client_id: str, fund: str, letters: int, reason: str) -> None:
    """Close the campaign: the files of all its letters are complete."""
    tx.execute(MARK_SENT, {"of_id": campaign_id, "at": tx.now})
    tx.execute(FINISH, {"of_id": campaign_id, "at": tx.now})
    log.record(
        tx, LettersPrinted(client_id=client_id, campaign_id=campaign_id, fund=fund, letters=letters, reason=reason)
    )


def newest(
    tx: Transaction,
    *,
    fund: str = "",
    funds: Collection[str] | None = None,
    limit: int = 20,
    before: str = "",
    only: str = "",
) -> list[Campaign]:
    """Return the last campaigns, of one fund, some `funds` or all, the newest first; those older than `before`.

    `only`: the id of the one that is wanted.
    """
    statement = NEWEST.where(TABLE.c.fund == fund) if fund else NEWEST
    statement = statement.where(TABLE.c.fund.in_(funds)) if funds is not None else statement
    statement = statement.where(TABLE.c.id < before) if before else statement
    statement = statement.where(TABLE.c.id == only) if only else statement
    rows = tx.execute(statement.limit(limit)).all()
    states: dict[str, Counter[str]] = {row.id: Counter() for row in rows}
    for row in tx.execute(STATES, {"campaigns": list(states), "at": tx.now}):
        states[row.campaign_id][RegistrationCodeState.EXPIRED if row.over and row.state in LIVE else row.state] += (
            row.letters
        )
    return [Campaign(**row._asdict(), states=dict(states[row.id])) for row in rows]


def funnels(tx: Transaction, campaigns: Collection[str]) -> dict[str, Funnel]:
    """Return how far the letters of these campaigns got, by campaign; one without letters is missing."""
    rows = tx.execute(FUNNEL, {"campaigns": sorted(campaigns), "at": tx.now})
    return {row.campaign_id: Funnel(row.issued, row.sent, row.opened, row.used, int(row.expired)) for row in rows}


def readers_without_account(tx: Transaction, campaign_id: str, *, expired: bool) -> list[str]:
    """Return the numbers of those who never used their letter: of letters that expired, or of those that are valid."""
    due = CODES.c.expires_at <= tx.now if expired else CODES.c.expires_at > tx.now
    return list(tx.execute(READERS.where(due), {"of_id": campaign_id}).scalars())
