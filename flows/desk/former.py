"""An account of a former directory that nobody has moved yet: why its owner cannot sign in."""

from werkzeug.wrappers import Response as AnyResponse

from flows.desk import rooms
from flows.desk.records import OpenRecord
from idp.messages.recipient import mask_email
from idp.people import legacy
from idp.people.legacy import LegacyAccount
from idp.staff import looks
from idp.wording import Text, text

SENTENCES: dict[str, Text] = {
    legacy.OPEN: text("The old account has not been moved yet. The person signs in with the old user ID and password."),
    legacy.LOCKED: text("The old directory had locked this account. The person cannot move it by themselves."),
    legacy.CLOSED: text("The old directory had closed this account. It cannot be moved."),
    legacy.CONTESTED: text("The owner of the known address stopped the move. Find out who is asking."),
    legacy.MIGRATED: text("The old account was moved. The person signs in with an email address."),
}


def show(open_: OpenRecord[LegacyAccount]) -> AnyResponse:
    visit, row = open_.visit, open_.row
    return visit.page(
        "former.html",
        rooms.FIND,
        record=open_,
        sentence=SENTENCES[row.state],
        portal=visit.registry.name_of(row.portal, visit.theme.language),
        email=mask_email(row.email),
        person=rooms.record(looks.PERSON, row.person_id) if row.person_id else "",
    )
