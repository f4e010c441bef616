"""« Ce n’est pas vous ? »: the link of a notice, and the button that stops a migration (A-38)."""

from collections.abc import Mapping

from flows.links.mailed_link import LinkPage, LinkVisit
from idp.actions.migrations import contest_migration
from idp.database import Transaction
from idp.notices import contest_link
from idp.people import legacy
from idp.people.legacy import LegacyAccount


class StopMigration(LinkPage[LegacyAccount]):
    """Stops an open migration, or takes the identifier back from the person who finished it and ends their access.

    Only the desk lets it begin again (`idp legacy reopen`).
    """

    name = "contested_migration"
    path = contest_link.ADDRESS
    parameter = contest_link.PARAMETER
    template = "pages/stop-migration.html"

    def find(self, tx: Transaction, token: str) -> LegacyAccount | None:
        found = contest_link.opened(tx, token)
        return found[1] if found is not None else None

    def client_id(self, named: LegacyAccount) -> str:
        return named.portal

    def carry_out(self, visit: LinkVisit, named: LegacyAccount) -> None:
        contest_migration(visit.tx, named, visit.occasion)

    def values(self, visit: LinkVisit, named: LegacyAccount) -> Mapping[str, object]:
        return {"state": named.state, "identifier": legacy.masked(named.identifier)}


blueprint = StopMigration().blueprint
