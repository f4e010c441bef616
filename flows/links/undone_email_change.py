"""« It was not me »: the page behind the link that the old address got, and the button that undoes the change (X-17).

A GET only shows, so no scanner of mails undoes anything.
"""

from flask import Blueprint, Response, request

from flows.shared import occasion
from idp.actions.emails import undo_email_change
from idp.actions.remove_method import added_since
from idp.database import Transaction
from idp.notices import misuse_link
from idp.notices.account import LINK, UNDO_EMAIL
from idp.people import email_changes
from idp.people.email_changes import UNDONE, EmailChange
from idp.provider import Provider
from idp.web import branding
from idp.web.branding import Theme
from idp.web.error_pages import problem_page
from idp.web.origin import origin_of
from idp.web.problems import DEAD_LINK

TEMPLATE = "pages/undo-email-change.html"


def blueprint(provider: Provider) -> Blueprint:
    """The address that the notice to the old mailbox carries."""
    pages = Blueprint("undone_email_change", __name__)

    @pages.get(UNDO_EMAIL)
    def ask() -> Response:
        with provider.database.reading() as tx:
            return _page(provider, tx, _found(tx))

    @pages.post(UNDO_EMAIL)
    def undo() -> Response:
        with provider.database.transaction(origin_of(request)) as tx:
            found = _found(tx)
            if found is not None:
                at = occasion.of_theme(provider, _theme(provider, found), found.client_id)
                undo_email_change(tx, provider.registry.current(), found, at)
            return _page(provider, tx, found)

    return pages


def _found(tx: Transaction) -> EmailChange | None:
    return email_changes.by_stop(tx, request.args.get(LINK, ""))


def _theme(provider: Provider, found: EmailChange) -> Theme:
    return branding.theme(provider, request, client=provider.registry.current().client(found.client_id))


def _page(provider: Provider, tx: Transaction, found: EmailChange | None) -> Response:
    if found is None:
        return problem_page(provider, branding.theme(provider, request), DEAD_LINK, 410)
    theme = _theme(provider, found)
    state = "open" if found.is_open(tx.now) else "undone" if found.end_reason == UNDONE else "over"
    recovery = f"/recovery?portal={found.client_id}"
    return provider.pages.page(
        theme,
        TEMPLATE,
        state=state,
        path=theme.path,
        until=found.until,
        recovery=recovery,
        methods=_methods(provider, tx, found) if state == "undone" else "",
    )


def _methods(provider: Provider, tx: Transaction, found: EmailChange) -> str:
    """Return where methods are removed that a thief may have added shortly before the change; empty: there are none."""
    since, issuer = misuse_link.farthest_back(tx), provider.settings.server.issuer
    if not added_since(tx, found.person_id, since):
        return ""
    return misuse_link.address(tx, issuer, found.client_id, found.person_id, found.old, "", since)
