"""Compare what people and the mail server saw with what the database holds: nothing lost, nothing done twice."""

import time
from collections.abc import Iterator

import sqlalchemy as sa

from bench.fleet.mail import Post
from bench.fleet.people import Ledger

EMPTY_WITHIN = 150
"""Seconds for the outbox: the longest lease, and a retry."""
WAITING = sa.text("SELECT count(*) FROM outbox WHERE done_at IS NULL AND kind = 'email'")
SENT = sa.text("SELECT id FROM outbox WHERE outcome = 'sent' AND kind = 'email'")
LOST = sa.text("SELECT id, template, outcome, fault FROM outbox WHERE outcome NOT IN ('sent', '') AND kind = 'email'")
SIGN_INS = sa.text(
    "SELECT email_addresses.address, count(*) AS times FROM audit_events JOIN email_addresses USING (person_id)"
    " WHERE name = 'SignedIn' GROUP BY 1"
)
REUSED = sa.text("SELECT count(*) FROM audit_events WHERE name = 'RefreshTokenReused'")
SPENT_TWICE = sa.text("SELECT count(*) FROM audit_events WHERE name = 'CodeReplayed'")

REVOKED = sa.text(
    "SELECT revoke_reason, count(*) AS times FROM refresh_families WHERE revoked_at IS NOT NULL GROUP BY 1"
)
"""Nobody signs out in these experiments."""


def emptied(engine: sa.Engine) -> bool:
    """Wait until no mail waits; return whether that came true."""
    until = time.monotonic() + EMPTY_WITHIN
    while time.monotonic() < until:
        with engine.connect() as connection:
            if not connection.scalar(WAITING):
                return True
        time.sleep(0.5)
    return False


def differences(engine: sa.Engine, post: Post, ledger: Ledger, *, twice: int = 0) -> Iterator[str]:
    """Yield a sentence for each difference. `twice`: so many mails may have been delivered a second time."""
    with engine.connect() as connection:
        sent = set(connection.scalars(SENT))
        lost = connection.execute(LOST).all()
        stored = {row.address: row.times for row in connection.execute(SIGN_INS)}
        reused = connection.scalar(REUSED)
        spent_twice = connection.scalar(SPENT_TWICE)
        revoked = connection.execute(REVOKED).all()
    for each in lost:
        if each.id not in post.refused:
            yield f"a mail ({each.template}) was given up as {each.outcome}: {each.fault}"
    if missing := sent - post.received.keys():
        yield f"{len(missing)} mails are noted as sent and never arrived"
    if unknown := post.received.keys() - sent:
        yield f"{len(unknown)} mails arrived that are not noted as sent"
    repeated = sum(count - 1 for count in post.received.values())
    if repeated > twice:
        yield f"{repeated} mails arrived twice, {twice} at most can be explained"
    for address, count in ledger.signed_in.items():
        if stored.get(address, 0) < count:
            yield f"{address} signed in {count} times, of which {stored.get(address, 0)} are stored"
    yield from (f"{each.times} refresh tokens were ended: {each.revoke_reason}" for each in revoked)
    if ledger.unknown_keys:
        yield f"{ledger.unknown_keys} times a node did not publish the key of a token"
    if reused or spent_twice:
        yield f"{reused} refresh tokens and {spent_twice} authorization codes were taken for stolen"
