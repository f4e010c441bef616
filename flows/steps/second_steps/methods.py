"""The table of methods, strongest first, and which of them serve a person here and now."""

from flows.engine.run import Run
from flows.steps import first_phone
from flows.steps.second_steps.method import Method
from flows.steps.second_steps.sent_code import MailCode, SmsCode
from idp.people import phones
from idp.sessions import assurance

STRONG_ENOUGH = "strong_enough"
"""The requirement whose journey brings the missing factor only (`PendingAuthorization.reason`)."""

METHODS: dict[str, Method] = {method.name: method for method in (SmsCode(), MailCode())}


def usable(run: Run, person_id: str) -> list[Method]:
    """The methods that portal, person and wanted assurance allow, the one to begin with first.

    Who has none that reaches the wanted assurance signs in as well as they can; what the request insists on is judged
    afterwards. Where only that factor is missing, nothing else helps.
    """
    available = _available(run, person_id)
    enough = [method for method in available if _suffices(run, method.name)]
    return enough or (available if run.facts.person_id else [])


def is_needed(run: Run) -> bool:
    """Whether a password alone is too little for this portal or this request."""
    wanted = run.pending.acr if run.pending is not None else ""
    too_little = bool(wanted) and not assurance.satisfies(assurance.PASSWORD, wanted)
    return run.policy.second_step == "always" or too_little


def lacks_any_method(run: Run) -> bool:
    """Whether somebody who never gave a phone can do no second step yet: the first one gives theirs now (B-50).

    What the request wishes for does not matter: anybody can write a request.
    """
    person_id = run.facts.person_id
    if not person_id or not is_needed(run) or assurance.SMS not in run.policy.methods:
        return False
    if phones.of_person(run.tx, person_id) is not None or _available(run, person_id):
        return False
    return first_phone.may_be_named(run, person_id)


def is_all_that_is_missing(run: Run) -> bool:
    """Whether the session lacks only a factor for this request (RFC 9470): the password is not asked again."""
    if run.pending is None or run.session is None or run.pending.reason != STRONG_ENOUGH:
        return False
    return not assurance.satisfies(run.session.acr, run.pending.acr)


def _available(run: Run, person_id: str) -> list[Method]:
    """The methods that portal and person allow, strongest first."""
    return [
        method for name, method in METHODS.items() if name in run.policy.methods and method.is_available(run, person_id)
    ]


def _suffices(run: Run, name: str) -> bool:
    wanted = run.pending.acr if run.pending is not None else ""
    reached = assurance.of_proofs(frozenset({assurance.PASSWORD, name})).acr
    return not wanted or assurance.satisfies(reached, wanted)
