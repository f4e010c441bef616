"""Give a passkey or an authenticator app another name. It opens nothing, so nobody is told."""

from idp.actions.actor import Actor, acting, note
from idp.credentials import authenticator_apps, passkeys
from idp.database import Transaction


def rename_method(tx: Transaction, person_id: str, method_id: str, name: str, *, by: Actor, reason: str = "") -> bool:
    """Rename it. False: the person has no passkey and no app of this id."""
    with acting(tx, by, reason=reason):
        renamed = passkeys.rename(tx, person_id, method_id, name) or authenticator_apps.rename(
            tx, person_id, method_id, name
        )
        if renamed:
            note(tx, by, "rename-method", person_id=person_id, reason=reason)
        return renamed
