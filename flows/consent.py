"""The person decides whether a portal may know what it asks for (OIDC Core §3.1.2.4)."""

from flows.engine.flow import Flow, SignInRequirement
from flows.engine.outcomes import EndAddress, Ending
from flows.engine.run import Run
from flows.shared.facts import Facts
from flows.steps.consent import Consent
from idp import interaction


def decided(run: Run) -> Ending:
    """Return to the request; a denied portal is notified."""
    if run.known(Facts).agreed or run.pending is None:
        return EndAddress(run.return_url)
    return EndAddress(interaction.refusal_url(run.row.request))


CONSENT = Flow(name="consent", steps=(Consent(),), requires=SignInRequirement(), finish=decided)
