"""An account of a former directory that nobody has moved yet: why its owner cannot sign in, where they are stuck."""

from collections.abc import Mapping
from datetime import datetime, time

import sqlalchemy as sa
from werkzeug.wrappers import Response as AnyResponse

from flows.desk import rooms
from flows.desk.records import OpenRecord
from flows.migration import MIGRATION
from idp.clients.client import Client
from idp.database import Transaction, UTCDateTime
from idp.messages.recipient import mask_email
from idp.people import legacy
from idp.people.legacy import LegacyAccount
from idp.runs import FlowRun
from idp.staff import looks
from idp.wording import LocalDay, LocalTime, Text, text

SENTENCES: dict[str, Text] = {
    legacy.OPEN: text("The old account has not been moved yet."),
    legacy.LOCKED: text("The old directory had locked this account. The person cannot move it by themselves."),
    legacy.CLOSED: text("The old directory had closed this account. It cannot be moved."),
    legacy.CONTESTED: text("The owner of the known address stopped the move. Find out who is asking."),
    legacy.MIGRATED: text("The old account was moved. The person signs in with an email address."),
}


LINKED = text("There is already an account with the email address. The person has not finished the sign-in with it.")
STEPS: Mapping[str, Text] = {
    "known-address-code": text("The code sent to the known email address has not been entered."),
    "email-address": text("The person has not entered an email address."),
    "email-code": text("The code sent to the new email address has not been entered."),
    "attach-account": LINKED,
    "second-step": LINKED,
    "attach-identifier": LINKED,
    "email-confirmed": text("The email address is confirmed. The person has not gone on since."),
    "phone-number": text("The email address is confirmed. The person has not entered a mobile number."),
    "phone-code": text("The code sent by text message has not been entered."),
    "complete-migration": text("The person has not completed the personal details, password and terms of use."),
}
"""By the step of the migration, where its owner stopped."""
OPEN_AGAIN = text(
    "If the account should work, ask an operator to have it opened in the old directory and imported again."
)
WAYS: Mapping[str, Text] = {
    legacy.LOCKED: OPEN_AGAIN,
    legacy.CLOSED: OPEN_AGAIN,
    legacy.CONTESTED: text(
        "If it is the owner, ask an operator to run `idp legacy reopen`. The move can then begin again."
    ),
}
"""By the state of the account, what helps its owner; what helps the owner of an open one depends on the day."""
UNDER_WAY = (
    sa.select(FlowRun.step, FlowRun.created_at)
    .where(
        FlowRun.flow == MIGRATION.name,
        FlowRun.client_id == sa.bindparam("portal"),
        FlowRun.finished_at.is_(None),
        FlowRun.expires_at > sa.bindparam("now", type_=UTCDateTime),
        sa.cast(FlowRun.results, sa.Text).contains(sa.bindparam("account")),
    )
    .order_by(FlowRun.id.desc())
    .limit(1)
)


def stopped(tx: Transaction, account: LegacyAccount) -> tuple[Text, ...]:
    """Return when its owner began to move it and where they stopped; nothing where they did not begin lately."""
    found = tx.execute(UNDER_WAY, {"portal": account.portal, "now": tx.now, "account": account.id}).one_or_none()
    if account.state != legacy.OPEN or found is None or found.step not in STEPS:
        return ()
    began = {"day": LocalDay(found.created_at), "time": LocalTime(found.created_at)}
    return text("The move began on %(day)s at %(time)s and is not finished.", **began), STEPS[found.step]


def ways(open_: OpenRecord[LegacyAccount]) -> tuple[Text, ...]:
    """Return what the clerk can do next, or have the caller do."""
    row, portal = open_.row, open_.visit.registry.client(open_.row.portal)
    if row.state != legacy.OPEN or portal is None:
        return (WAYS[row.state],) if row.state in WAYS else ()
    last_day = portal.policy.legacy.last_day if portal.policy.legacy is not None else None
    if last_day is None:
        return (_begin_at(portal),)
    zone = open_.visit.theme.translator.zone
    day = LocalDay(datetime.combine(last_day, time(), zone))
    if open_.tx.now.astimezone(zone).date() > last_day:
        return (text("The last day to move it was %(day)s. The person now needs a letter with a code.", day=day),)
    return _begin_at(portal), text("It can be moved until %(day)s.", day=day)


def _begin_at(portal: Client) -> Text:
    if not portal.client_uri:
        return text("Have the person sign in at the portal with the old user ID and password. The move begins there.")
    return text(
        "Have the person sign in at %(address)s with the old user ID and password. The move begins there.",
        address=portal.client_uri,
    )


def show(open_: OpenRecord[LegacyAccount]) -> AnyResponse:
    visit, row = open_.visit, open_.row
    return visit.page(
        "former.html",
        rooms.FIND,
        record=open_,
        sentence=SENTENCES[row.state],
        stopped=stopped(open_.tx, row),
        ways=ways(open_),
        portal=visit.registry.name_of(row.portal, visit.theme.language),
        email=mask_email(row.email),
        person=rooms.record(looks.PERSON, row.person_id) if row.person_id else "",
    )
