"""What waits in the outbox, read as the worker reads it."""

import msgspec

from idp.database import Transaction
from idp.messages.outbox import SEALED, OutboxRow


def queued(tx: Transaction) -> list[OutboxRow]:
    """The rows, in the order in which they were queued."""
    return list(tx.session.query(OutboxRow).order_by(OutboxRow.id))


def languages(tx: Transaction) -> list[tuple[str, str]]:
    """The messages with the language that each speaks."""
    opened = ((row, tx.sealer.open(SEALED, row.payload, context=row.id)) for row in queued(tx))
    return [(row.template, msgspec.msgpack.decode(payload)["language"]) for row, payload in opened]
