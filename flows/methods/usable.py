"""Which methods serve a person here and now, and whether one is needed at all."""

from flows.engine.run import Run
from flows.methods.method import AnyMethod
from flows.methods.table import METHODS
from flows.shared import first_phone
from flows.shared.facts import Facts
from idp import methods
from idp.methods import ORDER
from idp.people import phones
from idp.sessions import assurance, known_browsers

STRONG_ENOUGH = "strong_enough"
"""The requirement whose journey brings the missing factor only (`PendingAuthorization.reason`)."""


def usable(run: Run) -> list[AnyMethod]:
    """Return the methods that portal, person and wanted assurance allow, strongest first.

    A person without a method that reaches the wanted assurance signs in as well as they can; the protocol judges
    afterwards whether that suffices. Where only that factor is missing, nothing else helps.
    """
    return enough(run) or (_unused(run) if run.known(Facts).person_id else [])


def enough(run: Run) -> list[AnyMethod]:
    """Return the methods of the person that reach what is wanted here, strongest first."""
    return [method for method in _unused(run) if suffices(run, method.name)]


def first(run: Run, allowed: list[AnyMethod]) -> AnyMethod:
    """Return the method to propose: the one used last in this browser, or an app added since.

    Else it is the strongest that is not used up by it.
    """
    last = known_browsers.last_method(run.tx, run.person_id, run.browser)
    lasting = [method for method in allowed if not methods.row(method.name).spare]
    return next((method for method in lasting if method.name == last), (lasting or allowed)[0])


def is_needed(run: Run) -> bool:
    """Return whether what was proved so far is too little for this portal or this request."""
    policy = "two-step" if run.policy.second_step == "always" else ORDER[0]
    wanted = (run.pending.acr if run.pending is not None else "") or ORDER[0]
    reached = assurance.of_proofs(_proved(run)).acr
    return not (assurance.satisfies(reached, policy) and assurance.satisfies(reached, wanted))


def lacks_any_method(run: Run) -> bool:
    """Return whether the person never gave a phone and can do no second step yet: they give their first one now (B-50).

    The wishes of the request do not matter: anybody can write a request.
    """
    return _needs_phone(run) and first_phone.may_be_named(run, run.known(Facts).person_id)


def lacks_mailbox_proof(run: Run) -> bool:
    """Return whether the person lost their phone and has nothing else: a code from the mailbox lets them name another.

    A person who came with a letter has proved more.
    """
    return _needs_phone(run) and first_phone.waits_for_mailbox(run, run.known(Facts).person_id)


def is_all_that_is_missing(run: Run) -> bool:
    """Return whether the session lacks only a factor for this request (RFC 9470): the rest is not asked again."""
    if run.pending is None or run.session is None or run.pending.reason != STRONG_ENOUGH:
        return False
    return not assurance.satisfies(run.session.acr, run.pending.acr)


def is_shut_out(run: Run) -> bool:
    """Return whether the portal's own rule demands a second step, and accepts none that the person has.

    The wishes of the request do not matter here either.
    """
    return run.policy.second_step == "always" and not _available(run)


def _needs_phone(run: Run) -> bool:
    """Return whether a second step is due that only a phone could do, and the person has no phone."""
    if not run.known(Facts).person_id or not is_needed(run) or methods.SMS not in run.policy.methods:
        return False
    has_used_one = any(proof.method in METHODS for proof in run.known(Facts).proofs)
    return not has_used_one and not _available(run) and phones.in_hand(run.tx, run.known(Facts).person_id) is None


def _available(run: Run) -> list[AnyMethod]:
    """Return the methods that portal and person allow, strongest first."""
    return [method for name, method in METHODS.items() if name in run.policy.methods and method.is_available(run)]


def _unused(run: Run) -> list[AnyMethod]:
    used = {proof.method for proof in run.known(Facts).proofs}
    return [method for method in _available(run) if method.name not in used]


def _proved(run: Run) -> frozenset[str]:
    """Return what counts here: the methods of this run that the portal accepts, and those of a session that only lacks
    a factor.

    A code from the mailbox may precede a change of methods. At a portal that accepts none it is no second step.
    """
    proofs = run.known(Facts).proofs
    if run.session is not None and not run.known(Facts).person_id and is_all_that_is_missing(run):
        proofs = (*run.session.proofs, *proofs)
    given = {proof.method for proof in proofs}
    accepted = frozenset(name for name in given if name in run.policy.methods or not methods.row(name).proves)
    return accepted if any(methods.row(name).opens for name in accepted) else accepted | {methods.PASSWORD}


def suffices(run: Run, name: str) -> bool:
    """Return whether this method, added to what was proved, reaches the wanted assurance."""
    wanted = run.pending.acr if run.pending is not None else ""
    reached = assurance.of_proofs({*_proved(run), name}).acr
    return not wanted or assurance.satisfies(reached, wanted)
