"""Which assurance a request needs: what the portal's policy always asks, and what the client wishes or insists on."""

from idp.clients.policy import STRONG_METHODS, Policy
from idp.oidc.authorize.request import AuthorizationRequest
from idp.oidc.errors import InteractionRequired, OAuthError, UnmetAuthenticationRequirements
from idp.sessions.assurance import ORDER, satisfies
from idp.sessions.session import Session

WEAKEST = ORDER[0]


def needed(request: AuthorizationRequest, policy: Policy) -> str:
    """The least `acr` that satisfies request and policy: what the journey is told to reach."""
    return max(policy_minimum(policy), essential(request), _wished(request, policy), key=ORDER.index)


def is_strong_enough(request: AuthorizationRequest, policy: Policy, session: Session, *, offered: bool) -> bool:
    """Policy and essential values must be met. A voluntary wish is met as well as the person can: once they have
    signed in for this request, or were offered the missing factor, it is not asked again (OIDC Core §5.5.1.1)."""
    must = max(policy_minimum(policy), essential(request), key=ORDER.index)
    if not satisfies(session.acr, must):
        return False
    return offered or session.signed_in_at >= request.asked_at or satisfies(session.acr, _wished(request, policy))


def refusal(request: AuthorizationRequest) -> type[OAuthError]:
    """What a client is told that insists, or that allows no journey."""
    return UnmetAuthenticationRequirements if is_essential(request) else InteractionRequired


def policy_minimum(policy: Policy) -> str:
    """What every sign-in at the portal reaches."""
    if policy.second_step != "always":
        return WEAKEST
    return "mfa" if policy.strong_step_always else "two-step"


def reachable(policy: Policy) -> str:
    """The best that anybody can reach with the portal's methods."""
    if policy.offers("passkey"):
        return "phr"
    if policy.second_step == "never" or not policy.methods:
        return WEAKEST
    return "mfa" if STRONG_METHODS & set(policy.methods) else "two-step"


def essential(request: AuthorizationRequest) -> str:
    """The least of the values the client insists on (`claims`, OIDC Core §5.5.1.1); the weakest if it does not."""
    return _least(_essential_values(request)) if is_essential(request) else WEAKEST


def is_essential(request: AuthorizationRequest) -> bool:
    return bool(_essential_values(request))


def is_attainable(request: AuthorizationRequest, policy: Policy) -> bool:
    """Whether what the client insists on can be reached at this portal at all."""
    if not is_essential(request):
        return True
    known = [value for value in _essential_values(request) if value in ORDER]
    return bool(known) and satisfies(reachable(policy), _least(known))


def _essential_values(request: AuthorizationRequest) -> list[str]:
    wish = request.claims.id_token.get("acr", {})
    if wish.get("essential") is not True:
        return []
    values = wish.get("values") if isinstance(wish.get("values"), list) else [wish.get("value")]
    return [value for value in values or [] if isinstance(value, str)]


def _wished(request: AuthorizationRequest, policy: Policy) -> str:
    within_reach = [value for value in request.acr_values if satisfies(reachable(policy), value)]
    return _least(within_reach)


def _least(values: list[str]) -> str:
    return min((value for value in values if value in ORDER), key=ORDER.index, default=WEAKEST)
