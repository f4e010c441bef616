"""Web-hooks that a program lost are sent again, under the same ids: by the program itself, the desk, or an operator."""

from datetime import datetime

from idp.actions.actor import Actor, acting
from idp.audit.events.clients import WebhooksReplayed
from idp.audit.log import record
from idp.database import Transaction
from idp.events import webhooks
from idp.events.webhooks import Replay


def replay_webhooks(
    tx: Transaction, client_id: str, *, since: datetime | None, after: str = "", by: Actor, reason: str
) -> Replay:
    """Queue again what this program was told since then, or was to be told; without a time, whatever it lost.

    One call does one part; `after` is the `next` of the part before.
    """
    with acting(tx, by, reason=reason):
        replay = (
            webhooks.replay_lost(tx, client_id)
            if since is None
            else webhooks.replay(tx, client_id, since=since, after=after)
        )
        begins = since.isoformat() if since is not None else ""
        record(tx, WebhooksReplayed(client_id=client_id, since=begins, count=replay.events, reason=reason))
        return replay
