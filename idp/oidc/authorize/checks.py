"""What an authorization request must satisfy, in order. Each check is one rule and raises the rule's error.

Until `PAGE_CHECKS` have passed nobody is redirected anywhere: a fault is shown to the person (RFC 6749 §4.1.2.1).
From then on a fault is sent to the client. The pushed request endpoint runs the same two lists.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from urllib.parse import urlsplit

from idp.clients.client import Client
from idp.clients.registry import Registry
from idp.oidc.authorize import acr
from idp.oidc.authorize.request import REPEATABLE, AuthorizationRequest, Received
from idp.oidc.authorize.respond import RESPONSE_MODES
from idp.oidc.errors import (
    InvalidAuthorizationDetails,
    InvalidRequest,
    InvalidScope,
    InvalidTarget,
    RegistrationNotSupported,
    UnauthorizedClient,
    UnmetAuthenticationRequirements,
    UnsupportedResponseType,
)

RESPONSE_TYPES = ("code",)
CODE_CHALLENGE_METHODS = ("S256",)
PROMPTS = ("none", "login", "consent", "select_account", "create")
LONGEST = 2048
LONGEST_BY_NAME = {"claims": 8192, "id_token_hint": 8192, "login_hint": 8192}
LARGEST_REQUEST = 32 * 1024
S256_VALUE = re.compile(r"[A-Za-z0-9_-]{43}")  # SHA-256 in base64url: RFC 7636 §4.2, RFC 7638


@dataclass(frozen=True, kw_only=True)
class Asked:
    """A request that could be read, and who asks."""

    received: Received
    request: AuthorizationRequest
    client: Client
    now: datetime
    expected_subject: str = ""
    """The `sub` that the client expects (`id_token_hint`, `claims`), as this client knows it."""

    @property
    def sign_in_again(self) -> bool:
        """Whether only a sign-in newer than the request will do."""
        return (
            "login" in self.request.prompt
            or "select_account" in self.request.prompt
            or self.client.policy.sso == "never"
        )


PageCheck = Callable[[Received, Registry], None]
Check = Callable[[Asked], None]


def whole_has_a_sane_size(received: Received, _registry: Registry) -> None:
    """A request is kept while its person signs in, at anybody's wish: so much and no more."""
    if _size(received) > LARGEST_REQUEST:
        raise InvalidRequest("the request is too large")


def client_is_named_once(received: Received, _registry: Registry) -> None:
    """RFC 6749 §4.1.1."""
    if "client_id" in received.repeated or not received.get("client_id"):
        raise InvalidRequest("client_id must be sent once")


def client_is_known(received: Received, registry: Registry) -> None:
    """RFC 6749 §4.1.2.1."""
    if registry.client(received.get("client_id")) is None:
        raise InvalidRequest("client_id is unknown")


def redirect_uri_is_sent_once(received: Received, _registry: Registry) -> None:
    """OIDC Core §3.1.2.1: there is no default."""
    if "redirect_uri" in received.repeated or not received.get("redirect_uri"):
        raise InvalidRequest("redirect_uri must be sent once")


def redirect_uri_is_registered(received: Received, registry: Registry) -> None:
    """RFC 9700 §2.1: exactly, character by character; RFC 8252 §7.3 frees the port of a native client's loopback."""
    client = registry.client(received.get("client_id"))
    if client is None or not client.accepts_redirect(received.get("redirect_uri")):
        raise InvalidRequest("redirect_uri is not registered for this client")


PAGE_CHECKS: tuple[PageCheck, ...] = (
    whole_has_a_sane_size,
    client_is_named_once,
    client_is_known,
    redirect_uri_is_sent_once,
    redirect_uri_is_registered,
)


def parameters_are_sent_once(asked: Asked) -> None:
    """RFC 6749 §3.1."""
    if asked.received.repeated:
        raise InvalidRequest("a parameter is sent more than once")


def parameters_have_a_sane_length(asked: Asked) -> None:
    """What comes back to the client in an address must fit into one, unshortened; what is kept is bounded."""
    if is_too_long(asked.received) or _size(asked.received) > LARGEST_REQUEST:
        raise InvalidRequest("a parameter is too long")


def request_was_pushed_where_it_must_be(asked: Asked) -> None:
    """RFC 9126 §6, FAPI 2.0 Security Profile §5.3.2.2."""
    if (asked.client.require_pushed_authorization_requests or asked.client.fapi2) and not asked.received.pushed:
        raise InvalidRequest("this client must push its authorization requests")


def request_was_signed_where_it_must_be(asked: Asked) -> None:
    """RFC 9101 §10.5, FAPI 2.0 Message Signing §5.3.1."""
    must = asked.client.require_signed_request_object or asked.client.profile == "fapi2-message-signing"
    if must and not asked.received.signed:
        raise InvalidRequest("this client must sign its authorization requests")


def client_is_not_registered_on_the_fly(asked: Asked) -> None:
    """OIDC Core §7.2.1."""
    if asked.received.get("registration"):
        raise RegistrationNotSupported("registration in the request is not supported")


def response_type_is_code(asked: Asked) -> None:
    """RFC 9700 §2.1.2."""
    if not asked.request.response_type:
        raise InvalidRequest("response_type is missing")
    if asked.request.response_type not in RESPONSE_TYPES:
        raise UnsupportedResponseType("the only response_type is code")


def response_mode_is_known(asked: Asked) -> None:
    """OAuth 2.0 Multiple Response Types §2.1: the code never travels in a fragment."""
    if asked.request.response_mode and asked.request.response_mode not in RESPONSE_MODES:
        raise InvalidRequest("response_mode is not supported")


def client_may_use_the_code_grant(asked: Asked) -> None:
    """RFC 6749 §4.1.2.1."""
    if "authorization_code" not in asked.client.grant_types:
        raise UnauthorizedClient("this client may not use the authorization code grant")


def some_scope_is_left(asked: Asked) -> None:
    """RFC 6749 §3.3."""
    if not asked.request.scopes:
        raise InvalidScope("no scope that this client may have is asked for")


def code_challenge_is_present(asked: Asked) -> None:
    """RFC 7636 §4.4.1, RFC 9700 §2.1.1."""
    if asked.client.needs_pkce and not asked.request.code_challenge:
        raise InvalidRequest("code_challenge is missing")


def code_challenge_is_s256(asked: Asked) -> None:
    """RFC 7636 §4.2, §4.3: without a method it would be `plain`, which RFC 9700 §2.1.1 refuses."""
    challenge, method = asked.request.code_challenge, asked.request.code_challenge_method
    if (challenge or method) and method not in CODE_CHALLENGE_METHODS:
        raise InvalidRequest("code_challenge_method must be S256")
    if method and not S256_VALUE.fullmatch(challenge):
        raise InvalidRequest("code_challenge is not an S256 value")


def prompt_is_consistent(asked: Asked) -> None:
    """OIDC Core §3.1.2.1; unknown values: Initiating User Registration §4.1."""
    if not asked.request.prompt.issubset(PROMPTS):
        raise InvalidRequest("prompt has an unknown value")
    if "none" in asked.request.prompt and len(asked.request.prompt) > 1:
        raise InvalidRequest("prompt none stands alone")


def resources_are_the_clients(asked: Asked) -> None:
    """RFC 8707 §2: absolute addresses without fragment, of services this client may call."""
    for resource in asked.request.resources:
        if resource not in asked.client.audiences:
            raise InvalidTarget("resource is not one this client may ask for")


def dpop_key_is_a_thumbprint(asked: Asked) -> None:
    """RFC 9449 §10."""
    if asked.request.dpop_jkt and not S256_VALUE.fullmatch(asked.request.dpop_jkt):
        raise InvalidRequest("dpop_jkt is not a SHA-256 thumbprint")


def essential_acr_is_attainable(asked: Asked) -> None:
    """OIDC Core §5.5.1.1: what the client insists on and this portal cannot reach is refused at once."""
    if not acr.is_attainable(asked.request, asked.client.policy):
        raise UnmetAuthenticationRequirements("none of the essential acr values can be reached")


def authorization_details_are_not_used(asked: Asked) -> None:
    """RFC 9396 §5: no type is known here."""
    if asked.received.get("authorization_details"):
        raise InvalidAuthorizationDetails("authorization_details are not supported")


def fapi_redirects_over_https(asked: Asked) -> None:
    """FAPI 2.0 Security Profile §5.3.2.2, item 8."""
    if asked.client.fapi2 and urlsplit(asked.request.redirect_uri).scheme != "https":
        raise InvalidRequest("redirect_uri must be https")


CHECKS: tuple[Check, ...] = (
    parameters_are_sent_once,
    parameters_have_a_sane_length,
    request_was_pushed_where_it_must_be,
    request_was_signed_where_it_must_be,
    client_is_not_registered_on_the_fly,
    response_type_is_code,
    response_mode_is_known,
    client_may_use_the_code_grant,
    some_scope_is_left,
    code_challenge_is_present,
    code_challenge_is_s256,
    prompt_is_consistent,
    resources_are_the_clients,
    dpop_key_is_a_thumbprint,
    essential_acr_is_attainable,
    authorization_details_are_not_used,
    fapi_redirects_over_https,
)

DEVICE_CHECKS: tuple[Check, ...] = (
    parameters_are_sent_once,
    parameters_have_a_sane_length,
    some_scope_is_left,
    resources_are_the_clients,
    essential_acr_is_attainable,
    authorization_details_are_not_used,
)
"""What of it a device authorization request must satisfy too (RFC 8628 §3.1)."""


def is_too_long(received: Received) -> bool:
    """Whether one of the parameters is longer than anything honest."""
    sent = (*received.parameters.items(), *((REPEATABLE, resource) for resource in received.resources))
    return any(len(value.encode("utf-8", "surrogatepass")) > LONGEST_BY_NAME.get(name, LONGEST) for name, value in sent)


def _size(received: Received) -> int:
    """In bytes, names and values."""
    texts = (*received.parameters, *received.parameters.values(), *received.resources)
    return sum(len(text.encode("utf-8", "surrogatepass")) for text in texts)
