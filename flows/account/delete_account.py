"""Ask for the own account to be deleted: after a fresh, strong proof, and with a grace in which nothing is lost.

[fresh sign-in] → [strongest method] → what will happen, or why it cannot → a page that needs no sign-in
"""

from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta

from flows.account import rooms
from flows.account.owner import RECENT
from flows.engine.flow import Flow, PlainStep, SignInRequirement
from flows.engine.forms import Form
from flows.engine.outcomes import FORM, Done, EndAddress, Ending, Outcome, Retry
from flows.engine.run import Run
from flows.shared import occasion
from flows.steps.strong_proof import StrongProof, StrongProofAnnounced
from idp.actions.actor import Actor
from idp.actions.closing import Hindrances, ask_to_close, hindrances
from idp.clients.brand import in_language
from idp.people import closures, enrolments
from idp.provider import Provider
from idp.sealing import CannotOpen
from idp.wording import text

PLANNED = "/deletion-planned"
"""The page after the request. Nobody is signed in there: signing in would keep the account."""
DUE = "due"
"""The parameter of its address that carries the day of the deletion, sealed: the page knows nobody."""
NEEDED = text("Your account is still needed. The reason is given below.")


class DeleteAccount(PlainStep[Form]):
    """Plans the erasure, and signs the person out everywhere."""

    name = "delete-account"
    form = Form

    def page(self, run: Run) -> Mapping[str, object]:
        found = hindrances(run.tx, run.provider.registry.current(), run.person_id)
        return {
            "hindrances": list(in_words(run, found)),
            "companies": found.companies,
            "portals": [_name(run, each) for each in enrolments.portals(run.tx, run.person_id)],
            "day": run.tx.now + grace(run),
            "cancel": rooms.address(run.client, rooms.DATA.path),
        }

    def submit(self, run: Run, form: Form, prepared: None) -> Outcome:
        by, registry = Actor.person(run.person_id), run.provider.registry.current()
        planned = ask_to_close(run.tx, registry, run.person_id, occasion.of_run(run), by=by, grace=grace(run))
        return Retry({FORM: NEEDED}, status=409) if isinstance(planned, Hindrances) else Done()


def grace(run: Run) -> timedelta:
    return timedelta(seconds=run.provider.settings.retention.closure_grace)


def in_words(run: Run, found: Hindrances) -> Iterator[tuple[str, str]]:
    """Yield the portals that need the account, and why, in their own words."""
    for client in found.portals:
        yield _name(run, client.client_id), in_language(client.policy.account_needed, run.language)


def _name(run: Run, client_id: str) -> str:
    return run.provider.registry.current().name_of(client_id, run.language)


def to_planned(run: Run) -> Ending:
    planned = closures.of_person(run.tx, run.person_id)
    due_at = planned.due_at if planned is not None else run.tx.now + grace(run)
    sealed = run.provider.sealer.seal(PLANNED, due_at.isoformat().encode())
    return EndAddress(rooms.address(run.client, PLANNED, **{DUE: sealed}))


def due_at(provider: Provider, sealed: str) -> datetime | None:
    """Return when the account is deleted, as `to_planned` sealed it; None: nothing that we sealed."""
    try:
        return datetime.fromisoformat(provider.sealer.open(PLANNED, sealed).decode())
    except CannotOpen:
        return None


DELETE_ACCOUNT = Flow(
    name="delete-account",
    requires=SignInRequirement(within=RECENT),
    steps=(
        StrongProofAnnounced(before=DeleteAccount.name, cancel=rooms.cancel_to(rooms.DATA)),
        StrongProof(before=DeleteAccount.name),
        DeleteAccount(),
    ),
    finish=to_planned,
)
