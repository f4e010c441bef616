"""On whose behalf the pages of a company's administration write to its people."""

from flows.engine.run import Run
from flows.organisation.administration import Administration
from flows.shared import occasion
from idp.actions.invitations import Sender
from idp.notices.notice import Occasion


def of_run(run: Run) -> Sender:
    """Return the portal, on the occasion of this page."""
    return Sender(run.client, occasion.of_run(run), run.theme.translator.zone)


def of_page(admin: Administration) -> Sender:
    """Return the same for a page without a journey."""
    at = Occasion(
        client_id=admin.client.client_id,
        issuer=admin.provider.settings.server.issuer,
        reference=admin.theme.reference,
        language=admin.theme.language,
    )
    return Sender(admin.client, at, admin.theme.translator.zone)
