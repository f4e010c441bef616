"""People, companies, letters and an audit trail of any size, made by PostgreSQL itself in minutes.

Rows are spread as real ones are: few names are common, few funds are large, one company and one person have far more
than others. Nothing is random: the same sizes give the same rows, so that two runs measure the same.
"""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass

import sqlalchemy as sa

from idp.audit.log import AuditEvent
from idp.database import Base

PER_COMPANY = 10
"""People for each company."""
BIG_COMPANY = 2_000
"""Members of the first company, at the most."""
EVENTS_EACH = 20
BUSY = 2_000
BUSY_PERSON = 30
"""Every so-manieth event is this person's: a program that signs in again and again."""
DISABLED = 1_000
"""Every so-manieth person is deactivated."""
ALPHABET = "23456789ABCDEFGHJKMNPQRSTUVWXYZ"
SCATTER = 282_475_249
"""7^10: it shares no factor with the size of the alphabet, so that numbers become distinct references."""

FUNCTIONS = f"""
CREATE FUNCTION bench_id(at timestamptz, n bigint) RETURNS text LANGUAGE sql IMMUTABLE AS $$
  SELECT substr(h, 1, 8) || '-' || substr(h, 9, 4) || '-7' || substr(m, 1, 3) || '-a' || substr(m, 4, 3) || '-'
    || substr(m, 7, 12)
  FROM (SELECT lpad(to_hex((extract(epoch FROM at) * 1000)::bigint), 12, '0') AS h, md5(n::text) AS m) AS parts $$;
CREATE FUNCTION bench_since(n bigint, days integer) RETURNS timestamptz LANGUAGE sql STABLE AS $$
  SELECT bench_now() - (n * 7919 % (days * 86400)) * interval '1 second' $$;
CREATE FUNCTION bench_person(n bigint) RETURNS text LANGUAGE sql STABLE AS $$
  SELECT bench_id(bench_since(n, 1800), n) $$;
CREATE FUNCTION bench_company(n bigint) RETURNS text LANGUAGE sql STABLE AS $$
  SELECT bench_id(bench_since(n, 1700), -n) $$;
CREATE FUNCTION bench_fund(n bigint) RETURNS text LANGUAGE sql IMMUTABLE AS $$
  SELECT CASE WHEN n % 3 = 0 THEN 'AK01' WHEN n % 30 = 1 THEN 'AK00'
    ELSE 'AK' || lpad((2 + n % 28)::text, 2, '0') END $$;
CREATE FUNCTION bench_portal(n bigint) RETURNS text LANGUAGE sql IMMUTABLE AS $$
  SELECT (ARRAY['e-services', 'connect', 'e-services', 'connect', 'espace-personnel'])[1 + n % 5] $$;
CREATE FUNCTION bench_word(n bigint) RETURNS text LANGUAGE sql IMMUTABLE AS $$
  SELECT initcap(translate(to_hex(n * 40503 % 1048573), '0123456789', 'ghijklmnop')) $$;
CREATE FUNCTION bench_name(n bigint) RETURNS text LANGUAGE sql IMMUTABLE AS $$
  SELECT CASE WHEN n % 200 = 0 THEN 'Müller' WHEN n % 250 = 1 THEN 'Favre' ELSE bench_word(n % 20000) END $$;
CREATE FUNCTION bench_reference(n bigint) RETURNS text LANGUAGE sql IMMUTABLE AS $$
  SELECT substr(a, (x % 31)::int + 1, 1) || substr(a, (x / 31 % 31)::int + 1, 1)
    || substr(a, (x / 961 % 31)::int + 1, 1) || substr(a, (x / 29791 % 31)::int + 1, 1) || '-'
    || substr(a, (x / 923521 % 31)::int + 1, 1)
    || substr(a, (x / 28629151 % 31)::int + 1, 1) || substr(a, (x / 887503681 % 31)::int + 1, 1)
    || substr(a, (x / 27512614111 % 31)::int + 1, 1)
  FROM (SELECT '{ALPHABET}'::text AS a, n * {SCATTER} % 852891037441 AS x) AS drawn $$;
"""
UNCHECKED = """
SELECT set_config('session_replication_role', 'replica', true) FROM pg_roles WHERE rolname = current_user AND rolsuper
"""
NOW = "CREATE FUNCTION bench_now() RETURNS timestamptz LANGUAGE sql IMMUTABLE AS $$ SELECT {moment}::timestamptz $$"

Columns = Mapping[str, str]
"""The value of a column as SQL of the row's number `n`. Columns that are not named are as empty as they may be."""

PEOPLE: Mapping[str, Columns] = {
    "people": {
        "id": "bench_person(n)",
        "given_name": "(ARRAY['Anne', 'Luca', 'Léa', 'Marc', 'Chloé', 'Hans', 'Rosa', 'Jean'])[1 + n % 8]",
        "family_name": "bench_name(n)",
        "birth_date": "date '1930-01-01' + (n * 6151 % 29000)::int",
        "language": "(ARRAY['fr', 'de', 'it'])[1 + n % 3]",
        "state": f"CASE WHEN n % {DISABLED} = 7 THEN 'disabled' ELSE 'active' END",
        "disabled_at": f"CASE WHEN n % {DISABLED} = 7 THEN bench_now() END",
        "created_at": "bench_since(n, 1800)",
        "last_sign_in_at": "bench_since(n, 300)",
    },
    "email_addresses": {
        "person_id": "bench_person(n)",
        "address": "'person' || n || '@example.ch'",
        "key": "'person' || n || '@example.ch'",
        "verified_at": "bench_since(n, 1800)",
    },
    "phones": {"person_id": "bench_person(n)", "number": "'+4179' || lpad((n % 10000000)::text, 7, '0')"},
    "passwords": {"person_id": "bench_person(n)", "hash": "'$argon2id$v=19$m=19456,t=2,p=1$' || repeat('A', 65)"},
    "enrolments": {"person_id": "bench_person(n)", "portal": "bench_portal(n)", "enrolled_at": "bench_since(n, 1800)"},
    "portal_identifiers": {
        "id": "bench_id(bench_since(n, 1800), n)",
        "person_id": "bench_person(n)",
        "portal": "bench_portal(n)",
        "kind": "CASE WHEN n % 5 = 4 THEN 'customer' ELSE 'legacy' END",
        "value": "'CMP-' || lpad(n::text, 8, '0')",
        "key": "'cmp' || lpad(n::text, 8, '0')",
    },
    "insured_persons": {
        "id": "bench_id(bench_since(n, 1500), n)",
        "fund": "bench_fund(n)",
        "number": "'756.' || lpad(n::text, 10, '0')",
        "language": "'fr'",
        "person_id": "CASE WHEN n % 2 = 0 THEN bench_person(n) ELSE '' END",
        "sealed_particulars": "repeat('s', 300)",
    },
    "legacy_accounts": {
        "id": "bench_id(bench_since(n, 1500), n)",
        "portal": "bench_portal(n)",
        "identifier": "'CVCI' || lpad(n::text, 8, '0')",
        "key": "'cvci' || lpad(n::text, 8, '0')",
        "hash": "repeat('h', 60)",
        "email": "'former' || n || '@example.ch'",
        "email_key": "'former' || n || '@example.ch'",
        "state": "'open'",
    },
    "registration_codes": {
        "id": "bench_id(bench_since(n, 360), n)",
        "reference": "bench_reference(n)",
        "kind": "'insured'",
        "channel": "'letter'",
        "state": "CASE WHEN n % 2 = 0 THEN 'used' ELSE 'sent' END",
        "client_id": "'connect'",
        "fund": "bench_fund(n)",
        "subject_id": "bench_id(bench_since(n, 1500), n)",
        "code_digest": "md5(n::text)",
        "created_at": "bench_since(n, 360)",
        "person_id": "CASE WHEN n % 2 = 0 THEN bench_person(n) ELSE '' END",
    },
    "sessions": {
        "id": "bench_id(bench_since(n, 30), n)",
        "fingerprint": "md5(n::text)",
        "person_id": "bench_person(n)",
        "started_at": "bench_since(n, 30)",
        "amr": "'[\"pwd\"]'",
        "proofs": "'[]'",
        "ended_at": "CASE WHEN n % 2 = 0 THEN bench_now() END",
        "expires_at": "bench_now() + interval '1 day'",
        "idle_until": "bench_now() + interval '1 day'",
    },
    "client_sessions": {
        "id": "bench_id(bench_since(n, 30), n)",
        "session_id": "bench_id(bench_since(n, 30), n)",
        "client_id": "bench_portal(n)",
        "person_id": "bench_person(n)",
        "started_at": "bench_since(n, 30)",
    },
    "refresh_families": {
        "id": "bench_id(bench_since(n, 30), n)",
        "person_id": "bench_person(n)",
        "client_id": "bench_portal(n)",
        "session_id": "bench_id(bench_since(n, 30), n)",
        "authorization": "repeat('a', 400)",
        "expires_at": "bench_now() + interval '30 days'",
    },
}
"""One row for each person."""
COMPANIES: Columns = {
    "id": "bench_company(n)",
    "fund": "bench_fund(n)",
    "number": "'10.' || lpad(n::text, 6, '0')",
    "name": "(ARRAY['Boulangerie', 'Garage', 'Transports', 'Atelier'])[1 + n % 4] || ' ' || bench_word(n)",
    "address": '\'{"lines": ["Gare 7"], "postal_code": "1530", "locality": "Payerne", "country": "CH"}\'',
    "topics": "'[]'",
    "state": "'active'",
    "created_at": "bench_since(n, 1700)",
}
EVENT_NAMES = ("SignedIn", "CodeSent", "CodeAccepted", "AccessBegan", "CodeIssued", "SessionEnded")
FIGURES = """
INSERT INTO figures (span, begins_at, portal, fund, measure, label, count, seconds)
SELECT span, begins_at, portal, fund, measure, label, 10, 0 FROM (
  SELECT 'hour' AS span, hour AS begins_at FROM generate_series(
    date_trunc('hour', bench_now()) - interval '365 days', date_trunc('hour', bench_now()), interval '1 hour') AS hour
  UNION ALL SELECT 'day', day FROM generate_series(
    date_trunc('day', bench_now()) - interval '365 days', date_trunc('day', bench_now()), interval '1 day') AS day
) AS spans, (
  SELECT portal, '' AS fund, measure, label
  FROM unnest(ARRAY['e-services', 'connect', 'connect-assures', 'espace-personnel', 'p5', 'p6', 'p7', 'p8']) AS portal,
    unnest(ARRAY['sign-ins', 'failures', 'codes-sent']) AS measure,
    unnest(ARRAY['password', 'email', 'sms', 'wrong']) AS label
  UNION ALL SELECT '', bench_fund(n), measure, 'letter'
  FROM generate_series(1, 60) AS n, unnest(ARRAY['codes-issued', 'activations']) AS measure GROUP BY 1, 2, 3, 4
) AS places
"""
"""A year of figures at eight portals and thirty funds: their number does not depend on that of people."""


@dataclass(frozen=True)
class Sizes:
    """The number of persons and of events; companies and all else follow. `figures`: with a year of them, a million."""

    people: int
    events: int
    figures: bool = True

    @property
    def companies(self) -> int:
        return max(1, self.people // PER_COMPANY)


def fill(engine: sa.Engine, sizes: Sizes) -> None:
    """Fill an empty, migrated database. The newest event is of now, the oldest of a year ago."""
    with writing(engine) as connection:
        moment = connection.scalar(sa.text("SELECT quote_literal(now())"))
        connection.exec_driver_sql(NOW.format(moment=moment))
        connection.exec_driver_sql(FUNCTIONS)
        for name, columns in PEOPLE.items():
            insert(connection, Base.metadata.tables[name], columns, sizes.people)
        insert(connection, Base.metadata.tables["organisations"], COMPANIES, sizes.companies)
        insert(connection, Base.metadata.tables["memberships"], _memberships(sizes), sizes.people // 2)
        if sizes.figures:
            connection.exec_driver_sql(FIGURES)
    _fill_audit_trail(engine, sizes)
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.exec_driver_sql("VACUUM ANALYZE")


@contextmanager
def writing(engine: sa.Engine) -> Iterator[sa.Connection]:
    """Give a transaction for much work, whose statements take no parameters.

    Rows refer to rows that exist: where the database lets us, it does not look at each of them, a quarter of the work.
    """
    with engine.connect().execution_options(no_parameters=True) as connection, connection.begin():
        connection.exec_driver_sql("SET LOCAL synchronous_commit = off; SET LOCAL maintenance_work_mem = '1GB'")
        connection.exec_driver_sql(UNCHECKED)
        yield connection


def insert(connection: sa.Connection, table: sa.Table, columns: Columns, last: int, first: int = 1) -> None:
    """Insert the rows `first` to `last` of a table."""
    names = ", ".join(f'"{column.name}"' for column in table.columns)
    values = ", ".join(columns.get(column.name, _empty(column)) for column in table.columns)
    numbers = f"generate_series({first}::bigint, {last}::bigint) AS numbers(n)"
    connection.exec_driver_sql(f'INSERT INTO "{table.name}" ({names}) SELECT {values} FROM {numbers}')


def _memberships(sizes: Sizes) -> Columns:
    """Every second person belongs to a company; the first company has far more than the others."""
    company = f"CASE WHEN n <= {min(BIG_COMPANY, sizes.people // 20)} THEN 3 ELSE 1 + n * 3 % {sizes.companies} END"
    return {
        "id": "bench_id(bench_since(n, 1600), n)",
        "organisation_id": f"bench_company({company})",
        "person_id": "bench_person(n * 2)",
        "state": "'active'",
        "is_administrator": "n % 3 = 0",
        "topics": "'[]'",
        "created_at": "bench_since(n, 1600)",
    }


def events(sizes: Sizes) -> Columns:
    """Return the columns of the audit trail: event `n` is the n-th since a year ago."""
    at = f"bench_now() - interval '365 days' + n * (interval '365 days' / {sizes.events})"
    names = ", ".join(f"'{name}'" for name in EVENT_NAMES)
    whose = f"CASE WHEN n % {BUSY} = 0 THEN {BUSY_PERSON} ELSE 1 + n * 104729 % {sizes.people} END"
    return {
        "id": f"bench_id({at}, n)",
        "at": at,
        "name": f"CASE WHEN n % 10 = 3 THEN 'MemberJoined' ELSE (ARRAY[{names}])[1 + n % {len(EVENT_NAMES)}] END",
        "reference": "bench_reference(n)",
        "person_id": f"bench_person({whose})",
        "organisation_id": f"CASE WHEN n % 10 = 3 THEN bench_company(1 + n % {sizes.companies}) ELSE '' END",
        "client_id": "bench_portal(n)",
        "request_id": "bench_reference(n + 400000000)",
        "address": "'203.0.113.' || n % 250",
        "user_agent": "'Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0'",
        "details": '\'{"methods": ["password", "email"], "session_id": "0193f0c8-7f55-7aaa-9aaa-0123456789ab"}\'',
        "line": "n",
    }


def _fill_audit_trail(engine: sa.Engine, sizes: Sizes) -> None:
    """Fill without indexes first: building them once takes a fraction of keeping them."""
    table = Base.metadata.tables[AuditEvent.__tablename__]
    with writing(engine) as connection:
        for index in table.indexes:
            connection.exec_driver_sql(f'DROP INDEX "{index.name}"')
        connection.exec_driver_sql(f'ALTER TABLE "{table.name}" DROP CONSTRAINT "{table.primary_key.name}"')
        block = min(sizes.people, sizes.events)
        insert(connection, table, events(sizes), block)
        for copy in range(1, -(-sizes.events // block)):
            connection.exec_driver_sql(_later(table, sizes, copy, min(block, sizes.events - copy * block)))
        connection.execute(sa.schema.AddConstraint(table.primary_key, isolate_from_table=False))
        for index in table.indexes:
            connection.execute(sa.schema.CreateIndex(index))


def _later(table: sa.Table, sizes: Sizes, copy: int, count: int) -> str:
    """Copy the first `count` events to a later time: a tenth of the work of making them anew.

    Each person has one in each block, except the busy one. Times, ids and references differ, and keep their order.
    """
    first = copy * min(sizes.people, sizes.events)
    at = f"at + {first} * (interval '365 days' / {sizes.events})"
    turned = ALPHABET[copy % len(ALPHABET) :] + ALPHABET[: copy % len(ALPHABET)]
    begin = f"lpad(to_hex((extract(epoch FROM {at}) * 1000)::bigint), 12, '0')"
    changed = {
        "id": f"substr({begin}, 1, 8) || '-' || substr({begin}, 9, 4) || substr(id, 14)",
        "at": at,
        "reference": f"translate(reference, '{ALPHABET}', '{turned}')",
        "request_id": f"translate(request_id, '{ALPHABET}', '{turned}')",
        "line": f"line + {first}",
    }
    names = ", ".join(f'"{column.name}"' for column in table.columns)
    values = ", ".join(changed.get(column.name, f'"{column.name}"') for column in table.columns)
    return f'INSERT INTO "{table.name}" ({names}) SELECT {values} FROM "{table.name}" WHERE line <= {count}'


def _empty(column: sa.Column[object]) -> str:
    if column.nullable:
        return "NULL"
    if isinstance(column.type, sa.JSON):
        return "'{}'"
    if isinstance(column.type, sa.Boolean):
        return "false"
    if isinstance(column.type, sa.Integer | sa.Float):
        return "0"
    return "''" if isinstance(column.type, sa.Text) else "bench_now()"
