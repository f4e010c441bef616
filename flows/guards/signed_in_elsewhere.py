"""A second tab was left at the sign-in page, and the person signed in in another: it continues with that session."""

from flows.engine.guard import Guard
from flows.engine.outcomes import EndAddress, Ending
from flows.engine.run import Run
from idp.organisations import entry

SIGNED_IN = "signed_in"
"""The requirement whose journey a session meets by itself (`PendingAuthorization.reason`)."""


class SignedInElsewhere(Guard):
    """Leads a look at the page on to the portal. What was typed in the tab is still checked: it may be another person.

    A person whom the portal does not let in stays here, where they choose another account.
    """

    name = "signed-in-elsewhere"

    def stops(self, run: Run) -> Ending | None:
        if run.page_request.step or run.pending is None or run.pending.reason != SIGNED_IN or run.session is None:
            return None
        return EndAddress(run.return_url) if entry.lets_in(run.tx, run.session.person_id, run.client) else None
