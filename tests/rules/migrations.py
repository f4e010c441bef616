"""What a step of the schema's history asks of PostgreSQL, and which of it would hold up a table with a million rows."""

import re
from collections.abc import Iterator, Sequence

WORD = r'"?(\w+)"?'
OWN = re.compile(r"\balembic_version\b")
NEW_TABLE = re.compile(rf"CREATE TABLE (?:IF NOT EXISTS )?{WORD}")
INDEX = re.compile(rf"CREATE (?:UNIQUE )?INDEX (?!CONCURRENTLY).*? ON {WORD}")
CHANGE = re.compile(rf"ALTER TABLE (?:ONLY )?{WORD} (.*)")
ROWS = re.compile(rf"(?:UPDATE|DELETE FROM|INSERT INTO|LOCK TABLE|TRUNCATE(?: TABLE)?|CLUSTER|VACUUM FULL) {WORD}")
REINDEX = re.compile(r"(?:REINDEX|DROP INDEX) (?!CONCURRENTLY).*?(\w+)$")
DROP_TABLE = re.compile(rf"DROP TABLE (?:IF EXISTS )?{WORD}")

CONSTANT = re.compile(r"DEFAULT (?:'[^']*'|-?\d+|true|false|NULL)(?:::\w+)?(?= |$)", re.IGNORECASE)
CHANGES = {
    r"ALTER COLUMN \S+ (SET DATA )?TYPE": "it writes the whole table anew",
    r"ALTER COLUMN \S+ SET NOT NULL": "it reads the whole table under a lock: add a CHECK … NOT VALID and validate it",
    r"ADD COLUMN.*(GENERATED|SERIAL|REFERENCES|UNIQUE|PRIMARY KEY)": "it writes or reads the whole table under a lock",
    r"ADD (CONSTRAINT|FOREIGN KEY|CHECK|UNIQUE|PRIMARY KEY)(?!.*(NOT VALID|USING INDEX))": "it reads the whole table",
    r"(DROP COLUMN|DROP CONSTRAINT|RENAME)": "the previous version, which still serves, needs it",
    r"SET (TABLESPACE|LOGGED|UNLOGGED|ACCESS METHOD)": "it writes the whole table anew",
}


def holding_up(step: Sequence[str]) -> list[str]:
    """Return the statements of one step that hold up a table with rows, or break the previous version, and why.

    Tables that the step makes itself have no rows.
    """
    statements = [" ".join(statement.split()) for statement in step]
    new = {found[1] for statement in statements if (found := NEW_TABLE.match(statement))}
    validated = {found[1] for each in statements if (found := CHANGE.match(each)) and "VALIDATE CONSTRAINT" in each}
    return [
        f"{statement}: {why}"
        for statement in statements
        if not OWN.search(statement)
        for table, why in _faults(statement)
        if table not in new and not (table in validated and "SET NOT NULL" in statement)
    ]


def _faults(statement: str) -> Iterator[tuple[str, str]]:
    if found := INDEX.match(statement):
        yield found[1], "writers wait until it is built: use steps.add_index"
    if found := ROWS.match(statement):
        yield found[1], "rows stay locked until the step ends: let the worker do it in batches"
    if found := REINDEX.match(statement):
        yield found[1], "it waits for readers, and everybody behind it: CONCURRENTLY"
    if found := DROP_TABLE.match(statement):
        yield found[1], "the previous version, which still serves, needs it"
    if found := CHANGE.match(statement):
        yield from ((found[1], why) for why in _faults_of_change(found[2]))


def _faults_of_change(change: str) -> Iterator[str]:
    for pattern, why in CHANGES.items():
        if re.match(pattern, change, re.IGNORECASE):
            yield why
    if change.startswith("ADD COLUMN"):
        constant = CONSTANT.search(change)
        if "NOT NULL" in change and not constant:
            yield "rows that are there have no value"
        elif "DEFAULT" in change and not constant:
            yield "it computes a value for every row"
