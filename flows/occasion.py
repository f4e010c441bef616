"""The occasion of notices that a page causes."""

from flows.engine.run import Run
from idp.notices.notice import Occasion


def of_run(run: Run) -> Occasion:
    """Return the occasion of a notice: the portal, the page and its reference, in the language of the page."""
    return Occasion(
        client_id=run.client.client_id,
        issuer=run.provider.settings.server.issuer,
        reference=run.theme.reference,
        language=run.language,
    )
