"""Mails to staff about their own access: they hear of every key to the desk that comes or goes."""

from idp import user_agents
from idp.database import Transaction
from idp.limits.networks import shortened
from idp.messages import outbox
from idp.messages.outbox import Message
from idp.staff import accounts


def passkey_added(tx: Transaction, staff_id: str, *, passkey: str, instead: bool = False) -> None:
    """Tell the member of staff that a passkey was added to their account, from which browser and network.

    `instead`: all earlier ones ended with it.
    """
    _tell(tx, staff_id, "staff_passkey_added", passkey=passkey, instead=instead)


def passkey_removed(tx: Transaction, staff_id: str, *, passkey: str) -> None:
    """Tell the member of staff that a passkey was removed from their account."""
    _tell(tx, staff_id, "staff_passkey_removed", passkey=passkey)


def _tell(tx: Transaction, staff_id: str, template: str, **values: object) -> None:
    account = accounts.by_id(tx, staff_id)
    if account is None or not account.email:
        return
    origin = tx.origin
    known = {"at": tx.now, "device": user_agents.name_of(origin.user_agent), "network": shortened(origin.address)}
    message = Message(
        kind="email", to=account.email, template=template, language=account.language, values={**known, **values}
    )
    outbox.enqueue(tx, message)
