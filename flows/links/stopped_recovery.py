"""« It was not me »: the link of a notice, and the button that stops a delayed recovery (A-40)."""

from collections.abc import Mapping

from flows.links.mailed_link import LinkPage, LinkVisit
from idp.credentials import recoveries
from idp.credentials.recoveries import Recovery
from idp.database import Transaction
from idp.notices import recovery


class StopRecovery(LinkPage[Recovery]):
    """Ends every pending link of the person."""

    name = "stopped_recovery"
    path = recovery.STOP
    parameter = recovery.LINK_PARAMETER
    template = "pages/stop-recovery.html"

    def find(self, tx: Transaction, token: str) -> Recovery | None:
        return recoveries.by_stop(tx, token)

    def client_id(self, named: Recovery) -> str:
        return named.client_id

    def carry_out(self, visit: LinkVisit, named: Recovery) -> None:
        reference = recoveries.stop(visit.tx, named)
        visit.tx.session.refresh(named)
        if reference:
            recovery.stopped(visit.tx, named, visit.occasion, reference=reference)

    def values(self, visit: LinkVisit, named: Recovery) -> Mapping[str, object]:
        state = named.end_reason or ("open" if named.is_live(visit.tx.now) else "expired")
        return {"state": state, "opens_at": named.opens_at}


blueprint = StopRecovery().blueprint
