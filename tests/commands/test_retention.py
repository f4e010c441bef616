"""How long each table keeps its rows (OPDo art. 4, RGPD). A new table needs a line here: a purge, or a reason."""

from datetime import datetime, timedelta
from typing import Any

import msgspec
import pytest
import sqlalchemy as sa

from idp.audit import retention as audit
from idp.audit.events.event import Event
from idp.audit.log import AuditEvent, record
from idp.database import Base, Database, UTCDateTime
from idp.organisations import memberships, organisation
from idp.organisations.membership import INVITED
from idp.organisations.memberships import Rights
from idp.provider import Provider
from idp.staff.done_alone import LATELY
from idp.upkeep import diagnosis, probes, retention
from tests.flows.registrations import Letters
from tests.support import people
from tests.support.clock import MovableClock

pytestmark = pytest.mark.both_databases

PURGED = {
    "access_tokens": "access_tokens",
    "account_closures": "stopped_closures",
    "acts_done_alone": "acts_done_alone",
    "audit_events": "audit",
    "authenticators": "unconfirmed_apps",
    "authorization_codes": "authorization_codes",
    "client_sessions": "client_sessions",
    "device_codes": "device_codes",
    "email_changes": "email_changes",
    "email_replacements": "email_replacements",
    "enrolments": "ended_enrolments",
    "figures": "figures",
    "flow_runs": "runs",
    "idempotent_requests": "idempotent_requests",
    "kept_events": "kept_events",
    "known_browsers": "known_browsers",
    "letter_campaigns": "campaigns",
    "letter_job_pieces": "letter_files",
    "letter_jobs": "letter_jobs",
    "member_jobs": "member_jobs",
    "memberships": "invited",
    "nodes": "nodes",
    "one_time_codes": "codes",
    "outbox": "messages",
    "phone_replacements": "phone_replacements",
    "prepared_acts": "prepared_acts",
    "pending_passwords": "pending_credentials",
    "pushed_requests": "pushed_requests",
    "rate_limits": "limits",
    "recoveries": "recoveries",
    "refresh_families": "refresh_families",
    "registration_codes": "letters",
    "revoked_access_tokens": "revoked_access_tokens",
    "scim_tokens": "scim_tokens",
    "scim_users": "scim_users",
    "sessions": "sessions",
    "spent_challenges": "spent_challenges",
    "spent_identifiers": "spent_identifiers",
    "staff": "removed_staff",
    "staff_looks": "staff_looks",
    "staff_sessions": "staff_sessions",
    "stored_requests": "stored_requests",
}
KEPT = {
    "event_streams": "one row per client whose file describes a stream",
    "event_stream_exclusions": "until the client adds the person again, or ends its stream; as long as the account",
    "audit_chain": "one row",
    "channel_health": "one row per channel",
    "chosen_organisations": "as long as the account",
    "consents": "until withdrawn, or as long as the account",
    "email_addresses": "as long as the account",
    "figure_cursor": "one row",
    "insured_persons": "the fund's register, replaced by its imports",
    "known_clients": "one row per client file",
    "legacy_accounts": "the former directory; the password goes with the migration, the rest with the account",
    "organisations": "the fund's register, replaced by its imports",
    "pairwise_subjects": "for ever: a subject is never given to somebody else",
    "passkey_offers": "as long as the account",
    "passkey_owners": "as long as the account",
    "passkeys": "until its owner removes it, or as long as the account",
    "passwords": "as long as the account",
    "people": "as long as the account, disabled after three years unused; then a tombstone: no `sub` is ever reused",
    "phones": "as long as the account",
    "portal_identifiers": "as long as the account",
    "recovery_codes": "as long as the account, or until a new list replaces them",
    "registered_clients": "until the client is deleted",
    "registry_versions": "one row",
    "signing_keys": "until retired keys sign nothing that is still good; the worker's rotation deletes them",
    "staff_passkeys": "until its owner removes it, or as long as the account",
    "staff_roles": "until the account has another role, or is removed",
    "terms_acceptances": "evidence, beyond the account",
    "waiting_hashes": "one row per kind of imported hash, as long as one of its kind waits",
}
LONG_AGO = timedelta(days=6 * 365)


def test_every_table_has_a_rule(provider: Provider) -> None:
    """A table that nobody thought about keeps for ever what it holds."""
    kinds = retention.rules(provider.settings.retention)

    assert set(Base.metadata.tables) == PURGED.keys() | KEPT.keys()
    assert PURGED.keys().isdisjoint(KEPT)
    assert set(kinds) == {*PURGED.values(), "letter_codes", "journals", "waiting_letter_jobs", "waiting_member_jobs"}


def test_acts_done_alone_stay_as_long_as_they_count_however_short_journeys_are_kept(
    provider: Provider, database_url: str, clock: MovableClock
) -> None:
    settings = msgspec.structs.replace(provider.settings.retention, runs=1)
    insert(database_url, "acts_done_alone", old=clock.now() - LATELY, new=clock.now() - LATELY + timedelta(seconds=1))
    clock.forward(seconds=1)

    with provider.database.transaction() as tx:
        assert retention.rules(settings)["acts_done_alone"].apply(tx, batch=10) == 1


@pytest.mark.parametrize("table", PURGED)
def test_what_is_older_than_its_time_goes_and_what_is_new_stays(
    provider: Provider, database_url: str, table: str, clock: MovableClock
) -> None:
    now = clock.now()
    insert(database_url, table, old=now - LONG_AGO, new=now + timedelta(hours=1))

    retention.purge(provider)

    with provider.database.reading() as tx:
        key = Base.metadata.tables[table].primary_key.columns.values()[0]
        left = list(tx.execute(sa.select(key)).scalars())
    assert "new" in left
    assert "old" not in left


def test_a_turn_of_the_worker_deletes_some_batches_and_leaves_the_rest_to_the_next(
    provider: Provider, database_url: str, clock: MovableClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(retention, "BATCH", 2)
    insert(database_url, "stored_requests", **{f"old-{number}": clock.now() - LONG_AGO for number in range(7)})

    turns = [retention.purge(provider, batches=2)["stored_requests"] for _ in range(3)]

    assert turns == [4, 3, 0]


def insert(url: str, name: str, **moments: datetime) -> None:
    """A row per moment, named after it, all of whose times are that moment. Nothing it refers to exists."""
    table = Base.metadata.tables[name]
    engine = sa.create_engine(url)
    with engine.begin() as connection:
        if connection.dialect.name == "postgresql":
            connection.exec_driver_sql("SET session_replication_role = replica")
        for which, moment in moments.items():
            connection.execute(sa.insert(table), {c.name: filler(c, which, moment) for c in table.c})
    engine.dispose()


def filler(column: sa.Column[Any], which: str, moment: datetime) -> Any:
    if column.name == "state" and column.table.name == "memberships":
        return INVITED
    if column.name == "organisation_id" and column.table.name == "audit_events":
        return ""
    if column.name == "confirmed_at":  # an app that was confirmed stays
        return None
    if column.name == "line":
        return None
    if isinstance(column.type, UTCDateTime):
        return moment
    if isinstance(column.type, sa.JSON):
        return {}
    kind = column.type.python_type
    return which if kind is str else kind()


def test_a_company_keeps_its_journal_for_five_years_and_as_long_as_somebody_belongs_to_it(
    provider: Provider, database: Database, clock: MovableClock
) -> None:
    """B-51"""
    with database.transaction() as tx:
        firm = organisation.register(tx, fund="AK01", number="1", name="Muster AG").id
        anne, beat = people.person(tx, "anne@example.ch").id, people.person(tx, "beat@example.ch").id
        memberships.join(tx, firm, anne, Rights())
        memberships.join(tx, firm, beat, Rights())
        audit.delete(tx, sa.select(AuditEvent.id), tx.now + timedelta(seconds=1))
        record(tx, Event(person_id=anne, organisation_id=firm))
        record(tx, Event(person_id=beat, organisation_id=firm))
        record(tx, Event(person_id=beat))

    def kept() -> list[tuple[str, str]]:
        retention.purge(provider)
        with database.reading() as tx:
            rows = tx.execute(sa.select(AuditEvent.person_id, AuditEvent.organisation_id).order_by(AuditEvent.id))
            return [(row.person_id, row.organisation_id) for row in rows if row.organisation_id or row.person_id]

    clock.forward(days=366)
    assert kept() == [(anne, firm), (beat, firm)]
    clock.forward(days=4 * 365)
    with database.transaction() as tx:
        memberships.forget(tx, beat)
        audit.delete(tx, sa.select(AuditEvent.id).where(AuditEvent.at == tx.now), tx.now + timedelta(seconds=1))
    assert kept() == [(anne, firm)]


def test_who_never_came_is_forgotten_a_year_after_the_last_invitation(
    provider: Provider, database: Database, clock: MovableClock
) -> None:
    """B-48"""
    issued = Letters(provider).member()

    clock.forward(days=30 + 364)
    retention.purge(provider)
    with database.reading() as tx:
        assert memberships.by_id(tx, issued.request.subject_id) is not None

    clock.forward(days=3)
    retention.purge(provider)
    with database.reading() as tx:
        assert memberships.by_id(tx, issued.request.subject_id) is None


def test_what_waits_to_be_deleted_is_a_metric_and_the_doctor_tells(
    provider: Provider, database_url: str, clock: MovableClock
) -> None:
    """Rulings 25: nobody else would notice a worker that does not run."""
    overdue = probes.gauges(provider)["idp_retention_overdue_seconds"]
    insert(database_url, "flow_runs", run=clock.now())
    assert overdue() == 0

    clock.forward(days=5)

    assert overdue() > 2 * 86400
    assert [found.check for found in diagnosis.kept_too_long(provider)] == ["retention"]
    retention.purge(provider)
    assert overdue() == 0
    assert list(diagnosis.kept_too_long(provider)) == []
