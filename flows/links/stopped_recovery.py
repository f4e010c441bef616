"""« It was not me »: the page behind the link of a notice, and the button that stops a delayed recovery (A-40).

A GET only shows, so no scanner of mails stops anything. The button ends every pending link of the person.
"""

from flask import Blueprint, Response, request

from flows.shared import occasion
from flows.shared.recovery_messages import LINK_PARAMETER, STOP
from idp.credentials import recoveries
from idp.credentials.recoveries import Recovery
from idp.database import Transaction
from idp.notices import recovery
from idp.provider import Provider
from idp.web import branding
from idp.web.branding import Theme
from idp.web.error_pages import problem_page
from idp.web.origin import origin_of
from idp.web.problems import DEAD_LINK

TEMPLATE = "pages/stop-recovery.html"


def blueprint(provider: Provider) -> Blueprint:
    """The address that notices of delayed recoveries carry."""
    pages = Blueprint("stopped_recovery", __name__)

    @pages.get(STOP)
    def ask() -> Response:
        with provider.database.reading() as tx:
            return _page(provider, tx, _found(tx))

    @pages.post(STOP)
    def stop() -> Response:
        with provider.database.transaction(origin_of(request)) as tx:
            found = _found(tx)
            if found is not None:
                _stop(provider, tx, found)
            return _page(provider, tx, found)

    return pages


def _stop(provider: Provider, tx: Transaction, found: Recovery) -> None:
    reference = recoveries.stop(tx, found)
    tx.session.refresh(found)
    if reference:
        at = occasion.of_theme(provider, _theme(provider, found), found.client_id)
        recovery.stopped(tx, found, at, reference=reference)


def _theme(provider: Provider, found: Recovery) -> Theme:
    return branding.theme(provider, request, client=provider.registry.current().client(found.client_id))


def _found(tx: Transaction) -> Recovery | None:
    return recoveries.by_stop(tx, request.args.get(LINK_PARAMETER, ""))


def _page(provider: Provider, tx: Transaction, found: Recovery | None) -> Response:
    if found is None:
        return problem_page(provider, branding.theme(provider, request), DEAD_LINK, 410)
    theme = _theme(provider, found)
    state = found.end_reason or ("open" if found.is_live(tx.now) else "expired")
    return provider.pages.page(theme, TEMPLATE, state=state, path=theme.path, opens_at=found.opens_at)
