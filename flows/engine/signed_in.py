"""Journeys of signed-in people: whether the session is there and recent, and the detour to make it so."""

from urllib.parse import urlencode

from flows.engine.flow import SignInRequirement
from flows.engine.page_request import CLIENT_PARAMETER, RETURN_PARAMETER
from flows.engine.run import Run
from idp.sealing import CannotOpen, Sealer

PURPOSE = "return-to"
SIGN_IN = "login"
SIGN_IN_AGAIN = "reauthentication"


def detour(run: Run, required: SignInRequirement | None, back_to: str) -> str:
    """Return the address to be sent to before the run can continue; empty if the session is as required."""
    if required is None:
        return ""
    if run.session is None:
        return address(run.provider.sealer, SIGN_IN, run.client.client_id, back_to)
    too_old = required.within is not None and run.tx.now - run.session.signed_in_at > required.within
    if too_old and (required.when is None or required.when(run)):
        return address(run.provider.sealer, SIGN_IN_AGAIN, run.client.client_id, back_to)
    return ""


def address(sealer: Sealer, flow: str, client_id: str, back_to: str, **named: str) -> str:
    """Where a journey begins that comes back to our page `back_to`, a path; `named` says what the journey is about."""
    sealed = sealer.seal(PURPOSE, back_to.encode())
    return f"/{flow}?{urlencode({CLIENT_PARAMETER: client_id, RETURN_PARAMETER: sealed, **named})}"


def opened(sealer: Sealer, sealed: str) -> str:
    """Return the path in a sealed `return`; empty if there is none or it was not made here."""
    try:
        return sealer.open(PURPOSE, sealed).decode() if sealed else ""
    except CannotOpen:
        return ""
