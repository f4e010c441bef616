"""Mails to staff about their own access: whoever can sign in to the desk hears of every new key to it."""

from idp import user_agents
from idp.database import Transaction
from idp.limits.networks import shortened
from idp.messages import outbox
from idp.messages.outbox import Message
from idp.staff import accounts


def passkey_added(tx: Transaction, staff_id: str, *, passkey: str) -> None:
    """Tell the member of staff that a passkey was added to their account, from which browser and network."""
    account = accounts.by_id(tx, staff_id)
    if account is None or not account.email:
        return
    origin = tx.origin
    values = {
        "at": tx.now,
        "passkey": passkey,
        "device": user_agents.name_of(origin.user_agent),
        "network": shortened(origin.address),
    }
    message = Message(
        kind="email", to=account.email, template="staff_passkey_added", language=account.language, values=values
    )
    outbox.enqueue(tx, message)
