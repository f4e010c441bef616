"""Permissions on the audit trail, enforced by the database itself.

- PostgreSQL: the serving role inserts and reads; only the worker's role numbers lines and deletes what is over.
- SQLite has no roles. Triggers refuse to change an event, and to delete one that retention did not open for deletion.
  They stop a mistake and a stray statement, not an attacker with full write access.
"""

import re
from collections.abc import Iterable, Sequence

import sqlalchemy as sa

from idp.audit.log import AuditEvent

FIXED = [column.name for column in AuditEvent.__table__.columns if column.name != "line"]
TRIGGERS = (
    f"""CREATE TRIGGER IF NOT EXISTS audit_events_never_change BEFORE UPDATE OF {", ".join(FIXED)} ON audit_events
BEGIN SELECT RAISE(ABORT, 'audit events are never changed'); END""",
    """CREATE TRIGGER IF NOT EXISTS audit_events_are_kept BEFORE DELETE ON audit_events
WHEN OLD.at >= COALESCE((SELECT deletable_before FROM audit_chain), '')
BEGIN SELECT RAISE(ABORT, 'audit events are kept for their time'); END""",
)
ROLE = re.compile(r"[a-z_][a-z0-9_$-]{0,62}")
APPENDED = {"audit_events": "SELECT, INSERT", "audit_chain": "SELECT", "alembic_version": "SELECT"}
"""The serving role's privileges on tables where it is restricted."""
NUMBERED = ("UPDATE (line)", "SELECT, INSERT, DELETE")
"""The worker role's privileges on events."""


def grants(tables: Iterable[str], *, serving: str, worker: str) -> Sequence[str]:
    """Return the statements that give both roles what they need, and take away what they had.

    Raises `ValueError` for a name that is not that of a plain role.
    """
    for role in (serving, worker):
        if not ROLE.fullmatch(role):
            raise ValueError(f"{role!r} is no plain name of a role")
    names = sorted({*tables, "alembic_version"})
    statements = [f'GRANT USAGE ON SCHEMA public TO "{serving}", "{worker}"']
    for name in names:
        statements.append(f'REVOKE ALL ON "{name}" FROM "{serving}", "{worker}"')
        everything = "SELECT, INSERT, UPDATE, DELETE"
        statements.append(f'GRANT {APPENDED.get(name, everything)} ON "{name}" TO "{serving}"')
        for rights in NUMBERED if name == "audit_events" else (everything,):
            statements.append(f'GRANT {rights} ON "{name}" TO "{worker}"')
    return statements


for trigger in TRIGGERS:
    made: sa.DDL = sa.DDL(trigger)  # type: ignore[no-untyped-call]
    sa.event.listen(AuditEvent.metadata, "after_create", made.execute_if(dialect="sqlite"))
