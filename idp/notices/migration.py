"""Notices about the migration of a former account: to the address on file, and to the one that becomes the login."""

from dataclasses import replace

from idp.audit.events.people import MigrationBegun
from idp.audit.log import record
from idp.database import Transaction
from idp.messages import outbox
from idp.messages.outbox import Message
from idp.messages.recipient import mask_email
from idp.notices import contest_link
from idp.notices.notice import Occasion, particulars, tell_address
from idp.people import legacy
from idp.people.email_address import email_key
from idp.people.legacy import LegacyAccount


def begun(tx: Transaction, account: LegacyAccount, at: Occasion) -> None:
    """Record that someone gave the former password, and notify the known address, once a day at most."""
    event = MigrationBegun(client_id=account.portal, legacy_account_id=account.id)
    once = f"migration-begun {account.id} {account.times_contested} {tx.now:%Y-%m-%d}"
    _to_known_address(tx, account, replace(at, reference=record(tx, event)), "migration_begun", dedup_key=once)


def ended(tx: Transaction, account: LegacyAccount, at: Occasion, *, person_id: str, email: str, attached: bool) -> None:
    """Tell the new login address `email`, and the known one where it is another (A-38, X-15)."""
    identifier = legacy.masked(account.identifier)
    tell_address(tx, person_id, email, "account_migrated", at, identifier=identifier, attached=attached, email=email)
    if account.email_key != email_key(email):
        _to_known_address(tx, account, at, "migration_ended", email=mask_email(email))


def stopped(tx: Transaction, account: LegacyAccount, at: Occasion) -> None:
    """Tell the known address that the link of a mail stopped the migration."""
    if account.email:
        identifier = legacy.masked(account.identifier)
        tell_address(tx, "", account.email, "migration_stopped", at, identifier=identifier)


def help_with(tx: Transaction, typed: str, at: Occasion) -> Message | None:
    """Return the mail for « forgot password » that helps with an open former account instead of resetting it (A-40).

    `typed` is a former identifier or its known address. None: there is no such account, or no address to write to;
    the caller queues its decoy then, so that everybody costs the same. The caller queues the answer.
    """
    account = legacy.to_help(tx, typed, at.client_id)
    if account is None:
        return None
    return Message(
        kind="email",
        to=account.email,
        template="migration_help",
        language=_language(account, at),
        values={"at": tx.now, "identifier": legacy.masked(account.identifier), "link": at.link("/login")},
        client_id=at.client_id,
    )


def _to_known_address(
    tx: Transaction,
    account: LegacyAccount,
    at: Occasion,
    template: str,
    *,
    dedup_key: str = "",
    **values: object,
) -> None:
    if not account.email:
        return
    language = _language(account, at)
    happened = {"at": tx.now, "reference": at.reference, "identifier": legacy.masked(account.identifier)}
    ending = particulars(tx, "", account.email, template, at, at.reference)
    link = contest_link.address(tx, at.issuer, account, language)
    message = Message(
        kind="email",
        to=account.email,
        template=template,
        language=language,
        values={**happened, **ending, **values, "link": link},
        client_id=at.client_id,
        dedup_key=dedup_key,
    )
    outbox.enqueue(tx, message)


def _language(account: LegacyAccount, at: Occasion) -> str:
    """Return the language that the directory knows of, else that of the page."""
    return str(account.known.get("language", "")) or at.language
