"""The one table of what staff may do: appointments, their roles, and what each role allows where.

An appointment is a role at a fund or at a whole portal; a portal's covers the portal's funds. An operator's belongs to
no fund: it opens the health of the installation, and no personal data.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from idp.clients.registry import Registry
from idp.database import Base, Transaction


class Role(StrEnum):
    READER = "reader"
    CLERK = "clerk"
    SUPERVISOR = "supervisor"
    OPERATOR = "operator"


class Act(StrEnum):
    """A kind of act that needs a role."""

    SEE = "see"
    LETTERS = "letters"
    INVITE = "invite"
    UNLOCK = "unlock"
    END_SESSIONS = "end-sessions"
    METHODS = "methods"
    RECOVER = "recover"
    DISABLE = "disable"
    REVEAL = "reveal"
    EXPORT = "export"
    ERASE = "erase"
    MERGE = "merge"
    CONFIRM = "confirm"
    BULK = "bulk"
    STAFF = "staff"
    HEALTH = "health"


READS = frozenset({Act.SEE})
HELPS = READS | {Act.LETTERS, Act.INVITE, Act.UNLOCK, Act.END_SESSIONS, Act.METHODS, Act.RECOVER, Act.DISABLE}
ALLOWED: Mapping[str, frozenset[Act]] = {
    Role.READER: READS,
    Role.CLERK: HELPS,
    Role.SUPERVISOR: HELPS | {Act.REVEAL, Act.EXPORT, Act.ERASE, Act.MERGE, Act.CONFIRM, Act.BULK, Act.STAFF},
    Role.OPERATOR: frozenset({Act.HEALTH}),
}
"""The acts of each role. A role that is not in the table allows nothing."""


class StaffRole(Base):
    """One appointment. Either `fund` or `portal` is set; an operator's has neither.

    `name` is the member's name as the place that appointed them wrote it: it never learns another place's.
    """

    __tablename__ = "staff_roles"

    staff_id: Mapped[str] = mapped_column(sa.ForeignKey("staff.id"), primary_key=True)
    role: Mapped[str] = mapped_column(primary_key=True)
    fund: Mapped[str] = mapped_column(primary_key=True)
    portal: Mapped[str] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(default="", server_default="")


@dataclass(frozen=True, order=True)
class Appointment:
    """A role at a fund (its code) or portal (its client id); `name` is what the member is called there."""

    role: str
    fund: str = ""
    portal: str = ""
    name: str = field(default="", compare=False)

    def __str__(self) -> str:
        """`clerk at AK01`; an operator is of no place."""
        place = self.fund or self.portal
        return f"{self.role} at {place}" if place else self.role

    @property
    def place(self) -> str:
        """`fund:AK01` or `portal:connect`; empty for an operator."""
        if self.fund:
            return f"fund:{self.fund}"
        return f"portal:{self.portal}" if self.portal else ""


@dataclass(frozen=True)
class Scope:
    """Where an act is allowed: the codes of funds, and the client ids of whole portals."""

    funds: frozenset[str] = frozenset()
    portals: frozenset[str] = frozenset()

    def __bool__(self) -> bool:
        return bool(self.funds or self.portals)

    @property
    def places(self) -> frozenset[str]:
        """The same as `Appointment.place` writes them."""
        return frozenset(f"fund:{code}" for code in self.funds) | frozenset(f"portal:{name}" for name in self.portals)


def at_place(role: str, place: str) -> Appointment:
    """Return the appointment at a place that `Appointment.place` wrote."""
    kind, _, name = place.partition(":")
    return Appointment(role, fund=name) if kind == "fund" else Appointment(role, portal=name)


OF_STAFF = sa.select(StaffRole.role, StaffRole.fund, StaffRole.portal, StaffRole.name).where(
    StaffRole.staff_id == sa.bindparam("staff")
)
OF_ALL = sa.select(StaffRole.staff_id, StaffRole.role, StaffRole.fund, StaffRole.portal, StaffRole.name)
DELETE = sa.delete(StaffRole).where(StaffRole.staff_id == sa.bindparam("staff"))
INSERT = sa.insert(StaffRole)


def of_staff(tx: Transaction, staff_id: str) -> tuple[Appointment, ...]:
    """Return the appointments of one member of staff, in a fixed order."""
    return tuple(sorted(Appointment(*row) for row in tx.execute(OF_STAFF, {"staff": staff_id})))


def of_all(tx: Transaction) -> dict[str, tuple[Appointment, ...]]:
    """Return the appointments of everybody by the id of their account, as `of_staff` does."""
    found: dict[str, list[Appointment]] = defaultdict(list)
    for row in tx.execute(OF_ALL):
        found[row.staff_id].append(Appointment(row.role, row.fund, row.portal, row.name))
    return {staff_id: tuple(sorted(appointments)) for staff_id, appointments in found.items()}


def write(tx: Transaction, staff_id: str, appointments: Iterable[Appointment]) -> None:
    """Let them have exactly these; the caller records the event."""
    tx.execute(DELETE, {"staff": staff_id})
    rows = [
        {"staff_id": staff_id, "role": each.role, "fund": each.fund, "portal": each.portal, "name": each.name}
        for each in dict.fromkeys(appointments)
    ]
    if rows:
        tx.execute(INSERT, rows)


def name_at(appointments: Iterable[Appointment], scope: Scope) -> str:
    """Return the name under which the places of this scope know the member; empty where they do not."""
    here = (each for each in appointments if each.fund in scope.funds or each.portal in scope.portals)
    return next((each.name for each in here if each.name), "")


def scope_of(appointments: Iterable[Appointment], act: Act, registry: Registry) -> Scope:
    """Return where these appointments allow the act. A fund or portal that has no file any more is nowhere."""
    allowing = [each for each in appointments if act in ALLOWED.get(each.role, frozenset())]
    portals = [client for each in allowing if (client := registry.portal(each.portal)) is not None]
    funds = {each.fund for each in allowing if registry.fund(each.fund) is not None}
    funds |= {fund.code for client in portals for fund in client.funds}
    return Scope(frozenset(funds), frozenset(client.client_id for client in portals))


def may(appointments: Iterable[Appointment], act: Act, registry: Registry, *, fund: str = "", portal: str = "") -> bool:
    """Return whether the appointments allow the act at this fund or portal; without a place, anywhere at all.

    This and `scope_of` are the only places that say what is allowed.
    """
    if not fund and not portal:
        return any(act in ALLOWED.get(each.role, frozenset()) for each in appointments)
    scope = scope_of(appointments, act, registry)
    return fund in scope.funds if fund else portal in scope.portals


def unknown_places(appointments: Iterable[Appointment], registry: Registry) -> list[str]:
    """Return the faults of appointments that somebody wrote: unknown roles, funds and portals, or no place at all."""
    return [fault for each in appointments if (fault := _fault(each, registry))]


def _fault(each: Appointment, registry: Registry) -> str:
    if each.role not in ALLOWED:
        return f"{each.role!r} is no role: {', '.join(ALLOWED)}"
    if each.role == Role.OPERATOR:
        return "an operator belongs to no fund and no portal" if each.fund or each.portal else ""
    if each.fund:
        return "" if registry.fund(each.fund) is not None else f"no portal's file lists the fund {each.fund!r}"
    if each.portal:
        return "" if registry.portal(each.portal) is not None else f"there is no portal {each.portal!r}"
    return f"a {each.role} needs a fund or a portal"
