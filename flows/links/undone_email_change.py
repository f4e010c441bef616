"""« It was not me »: the link that the old address got, and the button that undoes the change (X-17)."""

from collections.abc import Mapping

from flows.links.mailed_link import LinkPage, LinkVisit
from idp.actions.emails import undo_email_change
from idp.actions.remove_method import added_since
from idp.database import Transaction
from idp.notices import misuse_link
from idp.notices.account import LINK, UNDO_EMAIL
from idp.people import email_changes
from idp.people.email_changes import UNDONE, EmailChange


class UndoEmailChange(LinkPage[EmailChange]):
    """Gives the person their old address back."""

    name = "undone_email_change"
    path = UNDO_EMAIL
    parameter = LINK
    template = "pages/undo-email-change.html"

    def find(self, tx: Transaction, token: str) -> EmailChange | None:
        return email_changes.by_stop(tx, token)

    def client_id(self, named: EmailChange) -> str:
        return named.client_id

    def carry_out(self, visit: LinkVisit, named: EmailChange) -> None:
        undo_email_change(visit.tx, visit.provider.registry.current(), named, visit.occasion)

    def values(self, visit: LinkVisit, named: EmailChange) -> Mapping[str, object]:
        state = "open" if named.is_open(visit.tx.now) else "undone" if named.end_reason == UNDONE else "over"
        return {
            "state": state,
            "until": named.until,
            "recovery": f"/recovery?portal={named.client_id}",
            "methods": _methods(visit, named) if state == "undone" else "",
        }


def _methods(visit: LinkVisit, named: EmailChange) -> str:
    """Return where methods are removed that a thief may have added shortly before the change; empty: there are none."""
    tx, issuer = visit.tx, visit.provider.settings.server.issuer
    since = misuse_link.farthest_back(tx)
    if not added_since(tx, named.person_id, since):
        return ""
    return misuse_link.address(tx, issuer, named.client_id, named.person_id, named.old, "", since)


blueprint = UndoEmailChange().blueprint
