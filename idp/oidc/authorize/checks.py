"""The checks of an authorization request, in order. Each check is one rule and raises the rule's error.

The three tables show which check runs where. A failed page check is shown to the person, because the address to answer
at is not known yet (RFC 6749 §4.1.2.1); a failed check is sent to the client. A request that arrives in an object
(RFC 9101) passes the checks of the object first, then those of the endpoint it arrived at.
"""

import re
from collections.abc import Callable
from typing import Generic, Literal, NamedTuple, TypeVar
from urllib.parse import urlsplit

from idp.clients.client import DEVICE_GRANT, Client
from idp.grants.raw_parameters import REPEATABLE, RawParameters
from idp.oidc.authorize import acr
from idp.oidc.authorize.context import AuthorizationContext
from idp.oidc.authorize.object_checks import (
    SignedRequest,
    audience_is_this_provider,
    client_made_it,
    it_cannot_pass_for_a_client_assertion,
    it_contains_no_other_request,
    it_lives_an_hour_at_most,
    times_hold,
    type_is_that_of_a_request_object,
)
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

Endpoint = Literal["authorize", "par", "device", "object"]
"""`authorize` includes its resumption, `device` the device authorization endpoint and the pages behind it, `object` is
the reading of a request object at the first two."""

PageCheck = Callable[[RawParameters, Client], None]
Check = Callable[[AuthorizationContext], None]
ObjectCheck = Callable[[SignedRequest], None]
AnyCheck = TypeVar("AnyCheck")


class CheckRow(NamedTuple, Generic[AnyCheck]):
    """One check, and whether it runs at each of the endpoints."""

    check: AnyCheck
    authorize: bool
    par: bool
    device: bool
    object: bool


def request_has_a_sane_size(raw: RawParameters, _client: Client) -> None:
    """Anybody can have a request kept while a person signs in, so its size is limited."""
    if _size(raw) > LARGEST_REQUEST:
        raise InvalidRequest("the request is too large")


def redirect_uri_is_sent_once(raw: RawParameters, _client: Client) -> None:
    """OIDC Core §3.1.2.1: there is no default."""
    if "redirect_uri" in raw.repeated or not raw.get("redirect_uri"):
        raise InvalidRequest("redirect_uri must be sent once")


def redirect_uri_is_registered(raw: RawParameters, client: Client) -> None:
    """RFC 9700 §2.1: exactly, character by character; RFC 8252 §7.3 frees the port of a native client's loopback."""
    if not client.accepts_redirect(raw.get("redirect_uri")):
        raise InvalidRequest("redirect_uri is not registered for this client")


def parameters_are_sent_once(context: AuthorizationContext) -> None:
    """RFC 6749 §3.1."""
    if context.raw.repeated:
        raise InvalidRequest("a parameter is sent more than once")


def parameters_have_a_sane_length(context: AuthorizationContext) -> None:
    """Values that return to the client in an address must fit into one unshortened; stored values are bounded."""
    if is_too_long(context.raw) or _size(context.raw) > LARGEST_REQUEST:
        raise InvalidRequest("a parameter is too long")


def request_was_pushed_where_it_must_be(context: AuthorizationContext) -> None:
    """RFC 9126 §6, FAPI 2.0 Security Profile §5.3.2.2."""
    if (context.client.require_pushed_authorization_requests or context.client.fapi2) and not context.raw.pushed:
        raise InvalidRequest("this client must push its authorization requests")


def request_was_signed_where_it_must_be(context: AuthorizationContext) -> None:
    """RFC 9101 §10.5, FAPI 2.0 Message Signing §5.3.1."""
    must = context.client.require_signed_request_object or context.client.profile == "fapi2-message-signing"
    if must and not context.raw.signed:
        raise InvalidRequest("this client must sign its authorization requests")


def client_is_not_registered_on_the_fly(context: AuthorizationContext) -> None:
    """OIDC Core §7.2.1."""
    if context.raw.get("registration"):
        raise RegistrationNotSupported("registration in the request is not supported")


def response_type_is_code(context: AuthorizationContext) -> None:
    """RFC 9700 §2.1.2."""
    if not context.response_type:
        raise InvalidRequest("response_type is missing")
    if context.response_type not in RESPONSE_TYPES:
        raise UnsupportedResponseType("the only response_type is code")


def response_mode_is_known(context: AuthorizationContext) -> None:
    """OAuth 2.0 Multiple Response Types §2.1: the code never travels in a fragment."""
    if context.response_mode and context.response_mode not in RESPONSE_MODES:
        raise InvalidRequest("response_mode is not supported")


def client_may_use_the_code_grant(context: AuthorizationContext) -> None:
    """RFC 6749 §4.1.2.1."""
    if "authorization_code" not in context.client.grant_types:
        raise UnauthorizedClient("this client may not use the authorization code grant")


def client_may_use_the_device_grant(context: AuthorizationContext) -> None:
    """RFC 8628 §3.1."""
    if DEVICE_GRANT not in context.client.grant_types:
        raise UnauthorizedClient("this client may not use the device grant")


def some_scope_is_left(context: AuthorizationContext) -> None:
    """RFC 6749 §3.3."""
    if not context.scopes:
        raise InvalidScope("no scope that this client may have is asked for")


def code_challenge_is_present(context: AuthorizationContext) -> None:
    """RFC 7636 §4.4.1, RFC 9700 §2.1.1."""
    if context.client.needs_pkce and not context.code_challenge:
        raise InvalidRequest("code_challenge is missing")


def code_challenge_is_s256(context: AuthorizationContext) -> None:
    """RFC 7636 §4.2, §4.3: without a method it would be `plain`, which RFC 9700 §2.1.1 refuses."""
    challenge, method = context.code_challenge, context.code_challenge_method
    if (challenge or method) and method not in CODE_CHALLENGE_METHODS:
        raise InvalidRequest("code_challenge_method must be S256")
    if method and not S256_VALUE.fullmatch(challenge):
        raise InvalidRequest("code_challenge is not an S256 value")


def prompt_is_consistent(context: AuthorizationContext) -> None:
    """OIDC Core §3.1.2.1; unknown values: Initiating User Registration §4.1."""
    if not context.prompt.issubset(PROMPTS):
        raise InvalidRequest("prompt has an unknown value")
    if "none" in context.prompt and len(context.prompt) > 1:
        raise InvalidRequest("prompt none stands alone")


def resources_are_the_clients(context: AuthorizationContext) -> None:
    """RFC 8707 §2: absolute addresses without fragment, of services this client may call."""
    for resource in context.resources:
        if resource not in context.client.audiences:
            raise InvalidTarget("resource is not one this client may ask for")


def dpop_key_is_a_thumbprint(context: AuthorizationContext) -> None:
    """RFC 9449 §10."""
    if context.dpop_jkt and not S256_VALUE.fullmatch(context.dpop_jkt):
        raise InvalidRequest("dpop_jkt is not a SHA-256 thumbprint")


def essential_acr_is_attainable(context: AuthorizationContext) -> None:
    """OIDC Core §5.5.1.1: an essential value that this portal cannot reach is refused immediately."""
    if not acr.is_attainable(context):
        raise UnmetAuthenticationRequirements("none of the essential acr values can be reached")


def authorization_details_are_not_used(context: AuthorizationContext) -> None:
    """RFC 9396 §5: no type is known here."""
    if context.raw.get("authorization_details"):
        raise InvalidAuthorizationDetails("authorization_details are not supported")


def fapi_redirects_over_https(context: AuthorizationContext) -> None:
    """FAPI 2.0 Security Profile §5.3.2.2, item 8."""
    if context.client.fapi2 and urlsplit(context.redirect_uri).scheme != "https":
        raise InvalidRequest("redirect_uri must be https")


# fmt: off
OBJECT_CHECKS: tuple[CheckRow[ObjectCheck], ...] = (
    #        check                                   authorize  PAR        device     object
    CheckRow(type_is_that_of_a_request_object,       False,     False,     False,    True),
    CheckRow(client_made_it,                         False,     False,     False,    True),
    CheckRow(it_cannot_pass_for_a_client_assertion,  False,     False,     False,    True),
    CheckRow(audience_is_this_provider,              False,     False,     False,    True),
    CheckRow(it_contains_no_other_request,           False,     False,     False,    True),
    CheckRow(times_hold,                             False,     False,     False,    True),
    CheckRow(it_lives_an_hour_at_most,               False,     False,     False,    True),
)

PAGE_CHECKS: tuple[CheckRow[PageCheck], ...] = (
    #        check                                   authorize  PAR        device     object
    CheckRow(request_has_a_sane_size,                True,      True,      False,    False),
    CheckRow(redirect_uri_is_sent_once,              True,      True,      False,    False),
    CheckRow(redirect_uri_is_registered,             True,      True,      False,    False),
)

CHECKS: tuple[CheckRow[Check], ...] = (
    #        check                                   authorize  PAR        device     object
    CheckRow(parameters_are_sent_once,               True,      True,      True,     False),
    CheckRow(parameters_have_a_sane_length,          True,      True,      True,     False),
    CheckRow(request_was_pushed_where_it_must_be,    True,      True,      False,    False),
    CheckRow(request_was_signed_where_it_must_be,    True,      True,      False,    False),
    CheckRow(client_is_not_registered_on_the_fly,    True,      True,      False,    False),
    CheckRow(response_type_is_code,                  True,      True,      False,    False),
    CheckRow(response_mode_is_known,                 True,      True,      False,    False),
    CheckRow(client_may_use_the_code_grant,          True,      True,      False,    False),
    CheckRow(client_may_use_the_device_grant,        False,     False,     True,     False),
    CheckRow(some_scope_is_left,                     True,      True,      True,     False),
    CheckRow(code_challenge_is_present,              True,      True,      False,    False),
    CheckRow(code_challenge_is_s256,                 True,      True,      False,    False),
    CheckRow(prompt_is_consistent,                   True,      True,      False,    False),
    CheckRow(resources_are_the_clients,              True,      True,      True,     False),
    CheckRow(dpop_key_is_a_thumbprint,               True,      True,      False,    False),
    CheckRow(essential_acr_is_attainable,            True,      True,      True,     False),
    CheckRow(authorization_details_are_not_used,     True,      True,      True,     False),
    CheckRow(fapi_redirects_over_https,              True,      True,      False,    False),
)
# fmt: on


def _columns(rows: tuple[CheckRow[AnyCheck], ...]) -> dict[Endpoint, tuple[AnyCheck, ...]]:
    return {
        "authorize": tuple(row.check for row in rows if row.authorize),
        "par": tuple(row.check for row in rows if row.par),
        "device": tuple(row.check for row in rows if row.device),
        "object": tuple(row.check for row in rows if row.object),
    }


OBJECT_CHECKS_AT = _columns(OBJECT_CHECKS)
PAGE_CHECKS_AT = _columns(PAGE_CHECKS)
CHECKS_AT = _columns(CHECKS)


def is_too_long(raw: RawParameters) -> bool:
    """Return whether one of the parameters is longer than anything honest."""
    sent = (*raw.parameters.items(), *((REPEATABLE, resource) for resource in raw.resources))
    return any(len(value.encode("utf-8", "surrogatepass")) > LONGEST_BY_NAME.get(name, LONGEST) for name, value in sent)


def _size(raw: RawParameters) -> int:
    """In bytes, names and values."""
    texts = (*raw.parameters, *raw.parameters.values(), *raw.resources)
    return sum(len(text.encode("utf-8", "surrogatepass")) for text in texts)
