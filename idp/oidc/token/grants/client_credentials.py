"""`client_credentials`: a service asks in its own name (RFC 6749 §4.4). It needs no transaction by itself."""

from idp.oidc import scopes
from idp.oidc.errors import UnauthorizedClient
from idp.oidc.token import resource_indicators
from idp.oidc.token.request import GrantResult, TokenRequest


def client_credentials(request: TokenRequest) -> GrantResult:
    """Scopes about persons mean nothing here and are refused like any other that the client does not have."""
    if request.client.public:
        raise UnauthorizedClient("a public client has no name of its own")
    allowed_audiences, usual = resource_indicators.of_program(request.client, request.provider.settings.server.issuer)
    allowed = scopes.of_machines(request.client.scopes)
    return GrantResult(
        scope=scopes.narrowed(request.scope, allowed),
        audience=resource_indicators.audience(request.resources, allowed=allowed_audiences, default=usual),
    )
