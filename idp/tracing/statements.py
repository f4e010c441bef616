"""A span for each statement of the database: its verb and its table, never its text or its values."""

import re
from functools import lru_cache

import sqlalchemy as sa

from idp.tracing.tracer import OpenSpan, Tracer

VERB_AND_TABLE = re.compile(
    r"\s*(?:WITH\b.*?\)\s*)?([A-Za-z]+)(?:.*?\b(?:FROM|INTO|UPDATE|JOIN)\s+\"?([a-z_]+))?", re.S
)
OPEN = "open spans"
"""Key of the spans of a connection's running statements, in `Connection.info`."""


def watch(engine: sa.Engine, tracer: Tracer) -> None:
    """Trace every statement that goes through SQLAlchemy on this engine."""
    system = engine.dialect.name

    def before(
        connection: sa.Connection, _cursor: object, statement: str, _values: object, _context: object, _many: bool
    ) -> None:
        operation, table = verb_and_table(statement)
        attributes = {"db.system.name": system, "db.operation.name": operation, "db.collection.name": table}
        running = connection.info.setdefault(OPEN, [])
        running.append(tracer.begin(f"{operation} {table}".strip(), "client", attributes))

    def after(
        connection: sa.Connection, _cursor: object, _statement: str, _values: object, _context: object, _many: bool
    ) -> None:
        _end(connection, None)

    def failed(context: sa.engine.ExceptionContext) -> None:
        if context.connection is not None and context.cursor is not None:
            _end(context.connection, context.original_exception)

    sa.event.listen(engine, "before_cursor_execute", before)
    sa.event.listen(engine, "after_cursor_execute", after)
    sa.event.listen(engine, "handle_error", failed)


@lru_cache(maxsize=2048)
def verb_and_table(statement: str) -> tuple[str, str]:
    """Return the verb of a statement and the first table it names; empty where it names none."""
    found = VERB_AND_TABLE.match(statement)
    if found is None:
        return "", ""
    verb = found[1].upper()
    if verb == "UPDATE":
        table = re.match(r"\s*UPDATE\s+\"?([a-z_]+)", statement, re.IGNORECASE)
        return verb, table[1] if table else ""
    return verb, found[2] or ""


def _end(connection: sa.Connection, error: BaseException | None) -> None:
    running: list[OpenSpan] = connection.info.get(OPEN, [])
    if running:
        running.pop().end(error)
