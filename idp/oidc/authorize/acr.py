"""Which assurance a request needs: what the portal's policy always asks, and what the client wishes or insists on."""

from idp import methods
from idp.clients.policy import Policy
from idp.methods import ORDER
from idp.oidc.authorize.request import AuthorizationRequest
from idp.oidc.errors import InteractionRequired, OAuthError, UnmetAuthenticationRequirements
from idp.sessions.assurance import satisfies
from idp.sessions.session import Session

WEAKEST = ORDER[0]


def needed(request: AuthorizationRequest, policy: Policy) -> str:
    """The least `acr` that satisfies request and policy: what the journey is told to reach."""
    return max(policy_minimum(policy), essential(request), _wished(request, policy), key=ORDER.index)


def is_strong_enough(request: AuthorizationRequest, policy: Policy, session: Session, *, offered: bool) -> bool:
    """Policy and essential values must be met. A voluntary wish is met as well as the person can: once they have
    signed in for this request, or were `offered` the missing factor, it is not asked again (OIDC Core §5.5.1.1)."""
    must = max(policy_minimum(policy), essential(request), key=ORDER.index)
    if not satisfies(session.acr, must):
        return False
    return offered or satisfies(session.acr, _wished(request, policy))


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
    return methods.best(policy.served_methods) if policy.second_step != "never" else WEAKEST


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


def supported() -> list[str]:
    """What discovery may promise: every value that some method with a page reaches."""
    return list(ORDER[: ORDER.index(methods.best(methods.served())) + 1])


def told(request: AuthorizationRequest, session: Session) -> str:
    """The `acr` for the client: of the values it insists on the best that was reached, else that of the sign-in.

    OIDC Core §5.5.1.1 wants one of the requested values there, and whoever proved more has proved those too.
    """
    reached = [value for value in _essential_values(request) if value in ORDER and satisfies(session.acr, value)]
    return max(reached, key=ORDER.index, default=session.acr)


def _essential_values(request: AuthorizationRequest) -> list[str]:
    return _claimed(request) if request.claims.id_token.get("acr", {}).get("essential") is True else []


def _claimed(request: AuthorizationRequest) -> list[str]:
    """The values that the `claims` parameter names, as a wish or essential."""
    wish = request.claims.id_token.get("acr", {})
    values = wish.get("values") if isinstance(wish.get("values"), list) else [wish.get("value")]
    return [value for value in values or [] if isinstance(value, str)]


def _wished(request: AuthorizationRequest, policy: Policy) -> str:
    values = _claimed(request) or request.acr_values
    return _least([value for value in values if satisfies(reachable(policy), value)])


def _least(values: list[str]) -> str:
    return min((value for value in values if value in ORDER), key=ORDER.index, default=WEAKEST)
