"""Mails about the migration of a former account: to the address on file, and to the one that becomes the login."""

from collections.abc import Mapping
from typing import Any

from flows.engine.run import Run
from flows.steps import contest_link
from idp.audit.events.people import MigrationBegun
from idp.audit.log import record
from idp.database import Transaction
from idp.messages import outbox
from idp.messages.outbox import Message
from idp.people import legacy
from idp.people.email_address import email_key, mask_email
from idp.people.legacy import LegacyAccount


def begun(run: Run, account: LegacyAccount) -> None:
    """Record that somebody gave the former password, and tell the known address: once a day is enough."""
    event = MigrationBegun(client_id=account.portal, legacy_account_id=account.id)
    values = {"at": run.tx.now, "reference": record(run.tx, event), "identifier": legacy.masked(account.identifier)}
    once = f"migration-begun {account.id} {account.times_contested} {run.tx.now:%Y-%m-%d}"
    _to_known_address(run, account, "migration_begun", values, once)


def ended(run: Run, account: LegacyAccount, person_id: str, *, attached: bool) -> None:
    """Tell the new login address, and the known one where it is another (A-38, X-15)."""
    values = {"at": run.tx.now, "reference": run.look.reference, "identifier": legacy.masked(account.identifier)}
    message = Message(
        kind="email",
        to=run.facts.email,
        template="account_migrated",
        language=run.language,
        values={**values, "attached": attached, "email": run.facts.email},
        client_id=run.client.client_id,
        person_id=person_id,
    )
    outbox.enqueue(run.tx, message)
    if account.email_key != email_key(run.facts.email):
        _to_known_address(run, account, "migration_ended", {**values, "email": mask_email(run.facts.email)})


def help_with_migration(tx: Transaction, run: Run, typed: str) -> Message | None:
    """The mail for « forgot password » that helps with an open former account instead of resetting it (A-40).

    `typed` is a former identifier or its known address. None: there is no such account, or no address to write to;
    the caller queues its decoy then, so that everybody costs the same. The caller queues the answer.
    """
    account = legacy.to_help(tx, typed, run.client.client_id)
    if account is None:
        return None
    login = f"{run.provider.settings.server.issuer}/login?portal={run.client.client_id}"
    return Message(
        kind="email",
        to=account.email,
        template="migration_help",
        language=_language(run, account),
        values={"at": tx.now, "identifier": legacy.masked(account.identifier), "link": login},
        client_id=run.client.client_id,
    )


def _to_known_address(
    run: Run, account: LegacyAccount, template: str, values: Mapping[str, Any], dedup_key: str = ""
) -> None:
    if not account.email:
        return
    language = _language(run, account)
    message = Message(
        kind="email",
        to=account.email,
        template=template,
        language=language,
        values={**values, "link": contest_link.address(run, account, language)},
        client_id=run.client.client_id,
        dedup_key=dedup_key,
    )
    outbox.enqueue(run.tx, message)


def _language(run: Run, account: LegacyAccount) -> str:
    """The language that the directory knows of, else that of the page."""
    return str(account.known.get("language", "")) or run.language
