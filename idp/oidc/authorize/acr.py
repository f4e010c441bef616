"""The assurance a request needs: the minimum of the portal's policy, and the values that the client requests."""

from idp import methods
from idp.clients.policy import Policy
from idp.methods import ORDER
from idp.oidc.authorize.context import AuthorizationContext
from idp.oidc.errors import InteractionRequired, OAuthError, UnmetAuthenticationRequirements
from idp.sessions.assurance import satisfies
from idp.sessions.session import Session

WEAKEST = ORDER[0]


def needed(context: AuthorizationContext) -> str:
    """Return the least `acr` that satisfies request and policy: the goal of the journey."""
    return max(policy_minimum(context.client.policy), essential(context), _voluntary(context), key=ORDER.index)


def is_strong_enough(context: AuthorizationContext, session: Session, *, offered: bool) -> bool:
    """Return whether the sign-in is strong enough. Policy and essential values must be met.

    A voluntary value is met as far as the person can: once they have signed in for this request, or were `offered` the
    missing factor, it is not asked for again (OIDC Core §5.5.1.1).
    """
    must = max(policy_minimum(context.client.policy), essential(context), key=ORDER.index)
    if not satisfies(session.acr, must):
        return False
    return offered or satisfies(session.acr, _voluntary(context))


def refusal(context: AuthorizationContext) -> type[OAuthError]:
    """Return the error for a client that requires a value, or that allows no journey."""
    return UnmetAuthenticationRequirements if is_essential(context) else InteractionRequired


def policy_minimum(policy: Policy) -> str:
    """Return the `acr` that every sign-in at the portal reaches."""
    if policy.second_step != "always":
        return WEAKEST
    return "mfa" if policy.strong_step_always else "two-step"


def reachable(policy: Policy) -> str:
    """Return the best that anybody can reach with the portal's methods."""
    return methods.best(policy.served_methods) if policy.second_step != "never" else WEAKEST


def essential(context: AuthorizationContext) -> str:
    """Return the least of the client's essential values (`claims`, OIDC Core §5.5.1.1).

    The weakest if there is none.
    """
    return _least(_essential_values(context)) if is_essential(context) else WEAKEST


def is_essential(context: AuthorizationContext) -> bool:
    return bool(_essential_values(context))


def is_attainable(context: AuthorizationContext) -> bool:
    """Return whether some essential value can be reached at this portal at all."""
    if not is_essential(context):
        return True
    known = [value for value in _essential_values(context) if value in ORDER]
    return bool(known) and satisfies(reachable(context.client.policy), _least(known))


def supported() -> list[str]:
    """Return the values for discovery: every one that some method with a page reaches."""
    return list(ORDER[: ORDER.index(methods.best(methods.served())) + 1])


def reported(context: AuthorizationContext, session: Session) -> str:
    """Return the `acr` claim for the client: the best essential value that was reached, otherwise that of the sign-in.

    OIDC Core §5.5.1.1 requires one of the requested values, and a person who proved more has proved those too.
    """
    reached = [value for value in _essential_values(context) if value in ORDER and satisfies(session.acr, value)]
    return max(reached, key=ORDER.index, default=session.acr)


def _essential_values(context: AuthorizationContext) -> list[str]:
    return _claimed(context) if context.claims.id_token.get("acr", {}).get("essential") is True else []


def _claimed(context: AuthorizationContext) -> list[str]:
    """Return the values that the `claims` parameter names, voluntary or essential."""
    requested = context.claims.id_token.get("acr", {})
    several = requested.get("values")
    values = several if isinstance(several, list) else [requested.get("value")]
    return [value for value in values if isinstance(value, str)]


def _voluntary(context: AuthorizationContext) -> str:
    values = _claimed(context) or context.acr_values
    return _least([value for value in values if satisfies(reachable(context.client.policy), value)])


def _least(values: list[str]) -> str:
    return min((value for value in values if value in ORDER), key=ORDER.index, default=WEAKEST)
