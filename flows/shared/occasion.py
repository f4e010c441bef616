"""The occasion of notices that a page causes."""

from flows.engine.run import Run
from idp.notices.notice import Occasion
from idp.provider import Provider
from idp.web.branding import Theme


def of_run(run: Run) -> Occasion:
    """Return the occasion of a notice: the portal, the page and its reference, in the language of the page."""
    return Occasion(
        client_id=run.client.client_id,
        issuer=run.provider.settings.server.issuer,
        reference=run.theme.reference,
        language=run.language,
    )


def of_theme(provider: Provider, theme: Theme, portal: str) -> Occasion:
    """Return the occasion of a notice from a page that belongs to no journey."""
    issuer = provider.settings.server.issuer
    return Occasion(client_id=portal, issuer=issuer, reference=theme.reference, language=theme.language)
