"""Add a passkey; the owner is told by mail. `remove_method` takes one away."""

from idp.actions.actor import Actor, acting
from idp.credentials import passkeys
from idp.credentials.passkeys import Passkey
from idp.credentials.stored_passkey import NewPasskey
from idp.database import Transaction
from idp.methods import PASSKEY
from idp.notices import account
from idp.notices.notice import Occasion


def add_passkey(
    tx: Transaction, person_id: str, new: NewPasskey, *, handle: str, name: str, by: Actor, at: Occasion
) -> Passkey | None:
    """Store a passkey that was verified; None where `passkeys.add` refuses it."""
    with acting(tx, by):
        added = passkeys.add(tx, person_id, new, handle=handle, name=name)
        if added is None:
            return None
        passkey, reference = added
        account.factor_changed(tx, person_id, at, factor=PASSKEY, added=True, reference=reference)
        return passkey
