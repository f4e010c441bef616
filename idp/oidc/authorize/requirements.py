"""The requirements that a person must meet before a code is issued; the first unmet one decides.

Requirements are answered from persisted state only, so that arriving and coming back are the same evaluation. Each
unmet one names the journey that meets it, and the error a client gets that allows no journey (`prompt=none`).
"""

from collections.abc import Callable
from dataclasses import dataclass

from idp.credentials import required_methods
from idp.database import Transaction
from idp.grants import consents, subjects
from idp.oidc import claims
from idp.oidc.authorize import acr
from idp.oidc.authorize.context import AuthorizationContext
from idp.oidc.authorize.visitor import Visitor
from idp.oidc.errors import (
    AccessDenied,
    ConsentRequired,
    InteractionRequired,
    LoginRequired,
    OAuthError,
)
from idp.organisations import chosen, entry, organisation_claims
from idp.sessions import session as sessions

NO_JOURNEY = ""
SIGNED_IN = "signed_in"
NOT_LET_IN = {
    "enrolment": "the person is not enrolled at this portal",
    "membership": "the person has no active membership",
}


@dataclass(frozen=True)
class UnmetRequirement:
    """`flow` is the journey that helps, empty where none does: then the error itself is the answer."""

    flow: str
    error: type[OAuthError]
    description: str


@dataclass(frozen=True)
class RequiredInteraction:
    """The requirement of this name is unmet, for this person if anybody is signed in."""

    requirement: str
    unmet: UnmetRequirement
    person_id: str = ""


Requirement = Callable[[Transaction, AuthorizationContext, Visitor], UnmetRequirement | None]


def made_for(context: AuthorizationContext, session: Visitor) -> bool:
    """Return whether the person signed in for this very request."""
    return sessions.was_made_for(session, context.request_id, context.now)


def right_person(tx: Transaction, context: AuthorizationContext, session: Visitor) -> UnmetRequirement | None:
    """OIDC Core §3.1.2.1 `id_token_hint`, §5.5.1 a `sub` that is asked for."""
    if not context.expected_subject or _subject(tx, context, session) == context.expected_subject:
        return None
    return UnmetRequirement("login", LoginRequired, "another person is signed in")


def account_chosen(_tx: Transaction, context: AuthorizationContext, session: Visitor) -> UnmetRequirement | None:
    """OIDC Core §3.1.2.1, prompt=select_account: signing in again is how a person chooses."""
    if "select_account" in context.prompt and not made_for(context, session):
        return UnmetRequirement("login", LoginRequired, "the account must be chosen")
    return None


def recent_enough(_tx: Transaction, context: AuthorizationContext, session: Visitor) -> UnmetRequirement | None:
    """OIDC Core §3.1.2.1, prompt=login and max_age; portals without single sign-on. A sign-in made for this very
    request always is; one that is only newer was made for another."""
    if made_for(context, session):
        return None
    max_age = context.max_age
    too_old = max_age is not None and (context.now - session.signed_in_at).total_seconds() > max_age
    if context.needs_new_sign_in or too_old:
        return UnmetRequirement("reauthentication", LoginRequired, "a more recent sign-in is needed")
    return None


def strong_enough(_tx: Transaction, context: AuthorizationContext, session: Visitor) -> UnmetRequirement | None:
    """OIDC Core §5.5.1.1, RFC 9470 §5: the missing factor only."""
    offered = strong_enough.__name__ in context.offered or made_for(context, session)
    if acr.is_strong_enough(context, session, offered=offered):
        return None
    return UnmetRequirement("reauthentication", acr.refusal(context), "a stronger sign-in is needed")


def password_sufficient(_tx: Transaction, context: AuthorizationContext, session: Visitor) -> UnmetRequirement | None:
    """Require a password that met the portal's minimum length when it was chosen."""
    floor = session.password_floor if "pwd" in session.amr else None
    if floor is None or floor >= context.client.policy.password_floor:
        return None
    return UnmetRequirement("new-password", InteractionRequired, "a longer password is needed")


def enrolled(tx: Transaction, context: AuthorizationContext, session: Visitor) -> UnmetRequirement | None:
    """Require that the portal admits the person (`policy.entry`). They learn of a refusal only after signing in."""
    if entry.lets_in(tx, session.person_id, context.client):
        return None
    return UnmetRequirement(NO_JOURNEY, AccessDenied, NOT_LET_IN[context.client.policy.entry])


def person_complete(tx: Transaction, context: AuthorizationContext, session: Visitor) -> UnmetRequirement | None:
    """Require the data that the portal asks for, and that its terms are accepted."""
    if required_methods.spare_phone(tx, session.person_id, context.client.policy, session.missing):
        return UnmetRequirement("complete", InteractionRequired, "the person has something to add")
    return None


def organisation_chosen(tx: Transaction, context: AuthorizationContext, session: Visitor) -> UnmetRequirement | None:
    """Require the choice of one company from a person who has several."""
    if "organisations" not in context.scopes or chosen.chosen(tx, session.person_id, context.client.client_id):
        return None
    if len(organisation_claims.for_claims(tx, session.person_id, _funds(context))) > 1:
        return UnmetRequirement("organisation", InteractionRequired, "an organisation must be chosen")
    return None


def consented(tx: Transaction, context: AuthorizationContext, session: Visitor) -> UnmetRequirement | None:
    """OIDC Core §3.1.2.4; portals of the operator need no consent unless they ask for it; others may ask every time.
    Claims requested one by one (§5.5) need the same consent as their scopes."""
    insists = "consent" in context.prompt or context.client.policy.consent == "always"
    if context.client.policy.consent == "skip" and not insists:
        return None
    consent = consents.find(tx, session.person_id, context.client.client_id)
    if insists:
        given = consent is not None and bool(context.request_id) and consent.granted_for == context.request_id
    else:
        wanted = claims.scopes_behind(context)
        given = consent is not None and set(wanted) <= {"openid", *consent.scopes}
    return None if given else UnmetRequirement("consent", ConsentRequired, "the person must consent")


REQUIREMENTS: tuple[Requirement, ...] = (
    right_person,
    account_chosen,
    recent_enough,
    strong_enough,
    password_sufficient,
    enrolled,
    person_complete,
    organisation_chosen,
    consented,
)


def first_unmet(
    tx: Transaction, context: AuthorizationContext, session: Visitor | None
) -> Visitor | RequiredInteraction:
    """Find the first unmet requirement, or return the session of a person who meets them all."""
    if session is None or "create" in context.prompt:
        return RequiredInteraction(SIGNED_IN, _signing_in(context))
    for requirement in REQUIREMENTS:
        unmet = requirement(tx, context, session)
        if unmet is not None:
            return RequiredInteraction(requirement.__name__, unmet, session.person_id)
    return session


def _signing_in(context: AuthorizationContext) -> UnmetRequirement:
    """OIDC Core §3.1.2.3; `prompt=create` opens the way to an account instead (Initiating User Registration §4)."""
    if "create" in context.prompt:
        return UnmetRequirement("registration", InteractionRequired, "an account must be created")
    return UnmetRequirement("login", LoginRequired, "nobody is signed in")


def _subject(tx: Transaction, context: AuthorizationContext, session: Visitor) -> str:
    """Return the subject under which this client knows the person; empty before the first pairwise one is made."""
    if context.client.subject_type != "pairwise":
        return session.person_id
    key = {"person_id": session.person_id, "sector": context.client.sector}
    return tx.run(subjects.FIND, key).scalar() or ""


def _funds(context: AuthorizationContext) -> tuple[str, ...]:
    return tuple(fund.code for fund in context.client.funds)
