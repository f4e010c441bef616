"""A client whose file is missing for a moment: it is told to come back (rulings 20)."""

from idp.clients import reconcile
from idp.database import Transaction
from idp.oidc.errors import TemporarilyUnavailable
from idp.provider import Provider


def raise_if_expected_back(provider: Provider, tx: Transaction, client_id: str) -> None:
    """Raise `TemporarilyUnavailable` for a client that is not served, but keeps what it holds until the grace is over.

    `invalid_client` and `invalid_token` would make a portal throw its tokens away.
    """
    if reconcile.keeps_its_place(tx, client_id):
        wait = str(provider.settings.files.reload)
        raise TemporarilyUnavailable("this client cannot be served for the moment", headers={"Retry-After": wait})
