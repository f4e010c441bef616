"""The program's own web-hooks, sent again where it lost them."""

from datetime import datetime
from typing import Annotated

import msgspec

from idp.actions.webhooks import replay_webhooks
from idp.api.operation import Call, Operation, Reason
from idp.api.paging import Cursor
from idp.api.problem import STATE, ApiProblem
from idp.api.rights import WEBHOOKS_WRITE
from idp.database import Transaction
from idp.settings import Section


class WebhookReplay(Section, frozen=True, kw_only=True):
    """Without `since` the lost ones alone. `cursor` is the `next` of the answer before."""

    reason: Reason
    since: Annotated[datetime, msgspec.Meta(tz=True)] | None = None
    cursor: Cursor = ""


class ReplayedWebhooks(msgspec.Struct, frozen=True, kw_only=True):
    """How many `events` are sent again. Where there are more, `next` asks for them; it is null at the end."""

    events: int
    next: str | None


def replay_own_webhooks(call: Call, tx: Transaction) -> ReplayedWebhooks:
    asked, client = call.body(WebhookReplay), call.caller.client
    if client.webhook is None:
        raise ApiProblem(STATE, "The file of the program describes no web-hook.")
    by, reason = call.caller.actor, asked.reason
    replay = replay_webhooks(tx, client.client_id, since=asked.since, after=asked.cursor, by=by, reason=reason)
    return ReplayedWebhooks(events=replay.events, next=replay.next or None)


OPERATIONS = (
    Operation(
        method="POST",
        path="/webhooks/replay",
        scope=WEBHOOKS_WRITE,
        summary="Have web-hooks sent again",
        description="The events that the program lost lately come again, with the same ids; with `since`, every event "
        "since then that is kept (a week), each at most once an hour. At most 500 events a request.",
        body=WebhookReplay,
        answer=ReplayedWebhooks,
        act=replay_own_webhooks,
        refusals=(STATE,),
    ),
)
