"""A signed-in person adds a passkey to their account, after a fresh proof by the strongest method they have.

A person who finds an open session, or knows only the password, must not be able to add the strongest key.
"""

from datetime import timedelta

from flows.account import rooms
from flows.engine.flow import Flow, SignInRequirement
from flows.engine.outcomes import Ending, Page
from flows.engine.run import Run
from flows.guards.changes_wait import ChangesWait
from flows.shared.sessions import give_cookie_again, others, renew_token
from flows.steps.add_passkey import AddPasskey
from flows.steps.strong_proof import StrongProof, StrongProofAnnounced
from idp.credentials import ceremonies, passkeys
from idp.people import emails, person

FRESH = timedelta(minutes=5)
TEMPLATE = "pages/passkeys-now.html"


def show_added(run: Run) -> Ending:
    return Page(TEMPLATE, {"added": True, **present(run)})


def present(run: Run) -> dict[str, object]:
    """Return the person's passkeys for the page at the end, and the list of them for the browser."""
    handle, party = passkeys.handle_of(run.tx, run.person_id), ceremonies.relying_party(run.provider.settings)
    found, address = person.by_id(run.tx, run.person_id), emails.of_person(run.tx, run.person_id)
    accepted = [each.credential_id for each in passkeys.of_person(run.tx, run.person_id)]
    known = {"rpId": party.id, "userId": handle}
    name = address.address if address is not None else ""
    details = {**known, "name": name, "displayName": found.full_name if found is not None else name}
    signals = {
        "signalAllAcceptedCredentials": {**known, "allAcceptedCredentialIds": accepted},
        "signalCurrentUserDetails": details,
    }
    listed = passkeys.listed(run.tx, run.person_id)
    shown = {"passkeys": listed, "signals": signals if handle else {}, "onward": rooms.onward(run)}
    return {**shown, "elsewhere": bool(others(run))}


ADD_PASSKEY = Flow(
    name="add-passkey",
    guards=(ChangesWait(),),
    steps=(
        StrongProofAnnounced(before=AddPasskey.name),
        StrongProof(before=AddPasskey.name),
        AddPasskey(),
    ),
    requires=SignInRequirement(within=FRESH),
    complete=renew_token,
    again=give_cookie_again,
    finish=show_added,
)
