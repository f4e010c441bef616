"""Compare what people and receivers saw with what the database holds: nothing lost, nothing done twice."""

import time
from collections import Counter
from collections.abc import Collection, Iterator, Mapping
from typing import Any

import sqlalchemy as sa

from bench.fleet.installation import Installation
from bench.fleet.ledger import Ledger

EMPTY_WITHIN = 150
"""Seconds for the outbox: the longest lease, and a retry."""
WAITING = sa.text("SELECT count(*) FROM outbox WHERE done_at IS NULL")
SENT = sa.text("SELECT id FROM outbox WHERE outcome = 'sent' AND kind = :kind")
LOST = sa.text("SELECT id, kind, template, outcome, fault FROM outbox WHERE outcome NOT IN ('sent', '')")
SIGN_INS = sa.text(
    "SELECT email_addresses.address, count(*) AS times FROM audit_events JOIN email_addresses USING (person_id)"
    " WHERE name = 'SignedIn' GROUP BY 1"
)
EVENTS = sa.text("SELECT name, count(*) AS times FROM audit_events GROUP BY 1")
THEFTS = {
    "RefreshTokenReused": "refresh tokens were taken for stolen",
    "CodeReplayed": "authorization codes were redeemed twice",
}
REVOKED = sa.text(
    "SELECT revoke_reason, count(*) AS times FROM refresh_families WHERE revoked_at IS NOT NULL GROUP BY 1"
)
"""Whoever signs out in these experiments keeps offline access, so that no family ends."""
CHANNELS = {"email": "mails", "sms": "text messages"}


def emptied(engine: sa.Engine) -> bool:
    """Wait until no message waits; return whether that came true."""
    until = time.monotonic() + EMPTY_WITHIN
    while time.monotonic() < until:
        with engine.connect() as connection:
            if not connection.scalar(WAITING):
                return True
        time.sleep(0.5)
    return False


def differences(installed: Installation, ledger: Ledger, *, twice: int = 0) -> list[str]:
    """Return a sentence for each difference. `twice`: so many messages may have come a second time."""
    engine = sa.create_engine(installed.url)
    try:
        found = [] if emptied(engine) else ["messages still wait"]
        with engine.connect() as connection:
            return [*found, *_of_messages(connection, installed, twice), *_of_access(connection, installed, ledger)]
    finally:
        engine.dispose()


def _of_messages(connection: sa.Connection, installed: Installation, twice: int) -> Iterator[str]:
    refused = installed.post.refused
    for each in connection.execute(LOST):
        if each.id not in refused:
            yield f"a message ({each.kind} {each.template}) was given up as {each.outcome}: {each.fault}"
    received: Mapping[str, Counter[str]] = {"email": installed.post.received, "sms": installed.receivers.texts}
    for kind, words in CHANNELS.items():
        sent = set(connection.scalars(SENT, {"kind": kind}))
        yield from _unequal(words, sent, received[kind])
    repeated = sum(count - 1 for counts in received.values() for count in counts.values())
    if repeated > twice:
        yield f"{repeated} messages arrived twice, {twice} at most can be explained"


def _unequal(words: str, sent: Collection[str], received: Counter[str]) -> Iterator[str]:
    if missing := set(sent) - received.keys():
        yield f"{len(missing)} {words} are noted as sent and never arrived"
    if unknown := received.keys() - set(sent):
        yield f"{len(unknown)} {words} arrived that are not noted as sent"


def _of_access(connection: sa.Connection, installed: Installation, ledger: Ledger) -> Iterator[str]:
    stored = {row.address: row.times for row in connection.execute(SIGN_INS)}
    for address, count in ledger.signed_in.items():
        if stored.get(address, 0) < count:
            yield f"{address} signed in {count} times, of which {stored.get(address, 0)} are stored"
    events: dict[str, Any] = {row.name: row.times for row in connection.execute(EVENTS)}
    yield from (f"{events[name]} {words}" for name, words in THEFTS.items() if name in events)
    yield from (
        f"{each.times} refresh families were ended: {each.revoke_reason}" for each in connection.execute(REVOKED)
    )
    if untold := ledger.signed_out - installed.receivers.logouts.keys():
        yield f"the portal was not told of {len(untold)} of {len(ledger.signed_out)} logouts"
    if ledger.unknown_keys:
        yield f"{ledger.unknown_keys} times a node did not publish the key of a token"
    yield from (f"{count} times refused: {what}" for what, count in ledger.rejected.items())
