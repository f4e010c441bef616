"""« Keep my address »: the page behind the link that the mailbox got which the desk was told is lost, and its button.

A GET only shows, so no scanner of mails stops anything.
"""

from flask import Blueprint, Response, request

from flows.shared import occasion
from idp.actions.actor import Actor
from idp.actions.lost_mailbox import keep_email
from idp.database import Transaction
from idp.notices.lost_mailbox import LINK, STOP
from idp.people import email_replacements
from idp.people.email_replacements import LINK as BY_LINK
from idp.people.email_replacements import USED, EmailReplacement
from idp.provider import Provider
from idp.web import branding
from idp.web.branding import Theme
from idp.web.error_pages import problem_page
from idp.web.origin import origin_of
from idp.web.problems import DEAD_LINK

TEMPLATE = "pages/keep-address.html"


def blueprint(provider: Provider) -> Blueprint:
    """The address that the notice to the old mailbox carries."""
    pages = Blueprint("kept_address", __name__)

    @pages.get(STOP)
    def ask() -> Response:
        with provider.database.reading() as tx:
            return _page(provider, tx, _found(tx))

    @pages.post(STOP)
    def keep() -> Response:
        with provider.database.transaction(origin_of(request)) as tx:
            found = _found(tx)
            if found is not None:
                at, by = occasion.of_theme(provider, _theme(provider, found), found.client_id), _reader(found)
                keep_email(tx, found.person_id, at, by=by, why=BY_LINK)
                tx.session.refresh(found)
            return _page(provider, tx, found)

    return pages


def _reader(found: EmailReplacement) -> Actor:
    return Actor.person(found.person_id)


def _found(tx: Transaction) -> EmailReplacement | None:
    return email_replacements.by_stop(tx, request.args.get(LINK, ""))


def _theme(provider: Provider, found: EmailReplacement) -> Theme:
    return branding.theme(provider, request, client=provider.registry.current().client(found.client_id))


def _page(provider: Provider, tx: Transaction, found: EmailReplacement | None) -> Response:
    if found is None:
        return problem_page(provider, branding.theme(provider, request), DEAD_LINK, 410)
    theme = _theme(provider, found)
    state = "open" if found.is_live(tx.now) else "used" if found.end_reason == USED else "kept"
    return provider.pages.page(theme, TEMPLATE, state=state, path=theme.path, opens_at=found.opens_at)
