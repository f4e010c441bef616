"""Every refusal that a client can receive: one class per code, with the RFC that defines it.

`description` travels to the client (plain ASCII, no quotes: RFC 6749 §5.2), `detail` goes to the log only.
An `OAuthError` commits what was written before it: a revoked family stays revoked.
"""

from collections.abc import Mapping
from typing import ClassVar

from idp.database import CommittingError


class OAuthError(CommittingError):
    """A refusal in the words of an RFC. `status` and `headers` apply where it is answered as JSON."""

    code: ClassVar[str] = "server_error"
    status: ClassVar[int] = 400

    def __init__(self, description: str = "", *, detail: str = "", headers: Mapping[str, str] | None = None) -> None:
        super().__init__(detail or description or self.code)
        self.description = _printable(description)
        self.detail = detail
        self.headers = dict(headers or {})

    @property
    def parameters(self) -> dict[str, str]:
        """`error` and, where there is one, `error_description`."""
        described = {"error_description": self.description} if self.description else {}
        return {"error": self.code, **described}


def _printable(text: str) -> str:
    """Replace the characters that RFC 6749 forbids in a description by `?`, so that no input breaks an answer."""
    return "".join(c if " " <= c <= "~" and c not in '"\\' else "?" for c in text)


class InvalidRequest(OAuthError):
    """RFC 6749 §4.1.2.1, §5.2."""

    code = "invalid_request"


class InvalidClient(OAuthError):
    """RFC 6749 §5.2. Always 401, so that the answer does not depend on how authentication was tried."""

    code = "invalid_client"
    status = 401


class InvalidGrant(OAuthError):
    """RFC 6749 §5.2."""

    code = "invalid_grant"


class UnauthorizedClient(OAuthError):
    """RFC 6749 §5.2."""

    code = "unauthorized_client"


class UnsupportedGrantType(OAuthError):
    """RFC 6749 §5.2."""

    code = "unsupported_grant_type"


class UnsupportedResponseType(OAuthError):
    """RFC 6749 §4.1.2.1."""

    code = "unsupported_response_type"


class InvalidScope(OAuthError):
    """RFC 6749 §4.1.2.1."""

    code = "invalid_scope"


class AccessDenied(OAuthError):
    """RFC 6749 §4.1.2.1."""

    code = "access_denied"


class LoginRequired(OAuthError):
    """OIDC Core §3.1.2.6."""

    code = "login_required"


class InteractionRequired(OAuthError):
    """OIDC Core §3.1.2.6."""

    code = "interaction_required"


class ConsentRequired(OAuthError):
    """OIDC Core §3.1.2.6."""

    code = "consent_required"


class UnmetAuthenticationRequirements(OAuthError):
    """OIDC Core Error Code unmet_authentication_requirements 1.0."""

    code = "unmet_authentication_requirements"


class RequestNotSupported(OAuthError):
    """OIDC Core §3.1.2.6."""

    code = "request_not_supported"


class RequestUriNotSupported(OAuthError):
    """OIDC Core §3.1.2.6."""

    code = "request_uri_not_supported"


class RegistrationNotSupported(OAuthError):
    """OIDC Core §3.1.2.6."""

    code = "registration_not_supported"


class InvalidRequestObject(OAuthError):
    """OIDC Core §3.1.2.6, RFC 9101 §6.2."""

    code = "invalid_request_object"


class InvalidRequestUri(OAuthError):
    """OIDC Core §3.1.2.6, RFC 9101 §5.2."""

    code = "invalid_request_uri"


class InvalidTarget(OAuthError):
    """RFC 8707 §2."""

    code = "invalid_target"


class InvalidAuthorizationDetails(OAuthError):
    """RFC 9396 §5."""

    code = "invalid_authorization_details"


class InvalidToken(OAuthError):
    """RFC 6750 §3.1."""

    code = "invalid_token"
    status = 401


class InsufficientScope(OAuthError):
    """RFC 6750 §3.1."""

    code = "insufficient_scope"
    status = 403


class InvalidDpopProof(OAuthError):
    """RFC 9449 §5."""

    code = "invalid_dpop_proof"


class UseDpopNonce(OAuthError):
    """RFC 9449 §8."""

    code = "use_dpop_nonce"


class AuthorizationPending(OAuthError):
    """RFC 8628 §3.5."""

    code = "authorization_pending"


class SlowDown(OAuthError):
    """RFC 8628 §3.5."""

    code = "slow_down"


class ExpiredToken(OAuthError):
    """RFC 8628 §3.5."""

    code = "expired_token"


class InvalidRedirectUri(OAuthError):
    """RFC 7591 §3.2.2."""

    code = "invalid_redirect_uri"


class InvalidClientMetadata(OAuthError):
    """RFC 7591 §3.2.2."""

    code = "invalid_client_metadata"


class TemporarilyUnavailable(OAuthError):
    """RFC 6749 §4.1.2.1: the client cannot be served now and loses nothing; it comes back after `Retry-After`."""

    code = "temporarily_unavailable"
    status = 503


class TooManyRequests(OAuthError):
    """RFC 6585 §4, in the words of RFC 6749 §4.1.2.1: come back after `Retry-After`."""

    code = "temporarily_unavailable"
    status = 429
