"""One person's rows, many times over: a database as with a hundred thousand people, made by the database itself."""

import re

import sqlalchemy as sa

from idp.database import Base

OWN = re.compile(r"id|.*_id|fingerprint|key|address|digest|token|parent|subject|browser|stop|handle")
"""Columns that belong to one person or row."""
SHARED = {"client_id", "organisation_id", "campaign_id", "request_id"}
NUMBER = 8
"""So many first characters of such a value become the number of the copy."""
NEVER = {"rate_limits", "nodes"}


def multiply(engine: sa.Engine, person_id: str, first: int, last: int) -> list[str]:
    """Add the copies `first` to `last` of everything that is stored for a person; returns the tables that grew."""
    grown = []
    with engine.begin() as connection:
        for table in Base.metadata.sorted_tables:
            whose = "id" if table.name == "people" else "person_id"
            if whose not in table.columns or table.name in NEVER:
                continue
            column = table.columns[whose]
            if not connection.scalar(sa.select(sa.func.count()).where(column == person_id)):
                continue
            names = ", ".join(f'"{each.name}"' for each in table.columns)
            values = ", ".join(_value(each, engine.dialect.name) for each in table.columns)
            numbers = NUMBERS[engine.dialect.name]
            copies = f'SELECT {values} FROM "{table.name}", {numbers} WHERE "{whose}" = :person'
            statement = sa.text(f'INSERT INTO "{table.name}" ({names}) {copies}')
            connection.execute(statement, {"person": person_id, "first": first, "last": last})
            grown.append(table.name)
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.execute(sa.text("ANALYZE"))
    return grown


NUMBERS = {
    "postgresql": "generate_series(CAST(:first AS integer), CAST(:last AS integer)) AS numbers(n)",
    "sqlite": (
        "(WITH RECURSIVE counted(n) AS (SELECT :first UNION ALL SELECT n + 1 FROM counted WHERE n < :last)"
        " SELECT n FROM counted)"
    ),
}
NUMBERED = {
    "postgresql": "lpad(to_hex(n), {1}, '0') || substr({0}, {1} + 1)",
    "sqlite": "printf('%0{1}x', n) || substr({0}, {1} + 1)",
}


def _value(column: sa.Column[object], dialect: str) -> str:
    name = f'"{column.name}"'
    own = isinstance(column.type, sa.Text) and OWN.fullmatch(column.name) and column.name not in SHARED
    return f"CASE WHEN {name} = '' THEN '' ELSE {NUMBERED[dialect].format(name, NUMBER)} END" if own else name
