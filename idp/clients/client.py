"""One client: its OpenID Connect metadata under the registered names, and what this provider adds.

Metadata names are those of RFC 7591, OpenID Connect Registration and Logout, RFC 8705 (mTLS), RFC 9101 (JAR),
RFC 9126 (PAR), RFC 9449 (DPoP), RFC 9701 (signed introspection) and JARM. An empty text or tuple means "not given".

This package knows no grant and no way to authenticate: `serving` makes the type that knows those which are served.
"""

from collections.abc import Iterable
from typing import Annotated, Any, ClassVar, Literal, cast

import msgspec

from idp import random_values
from idp.clients import address
from idp.clients.brand import Fund, in_language
from idp.clients.policy import Policy
from idp.clients.subscriptions import EventStream, Webhook
from idp.settings import Section

DEVICE_GRANT = "urn:ietf:params:oauth:grant-type:device_code"
TOKEN_EXCHANGE = "urn:ietf:params:oauth:grant-type:token-exchange"  # noqa: S105
Profile = Literal["", "fapi2-security", "fapi2-message-signing"]

TEN_YEARS = 10 * 365 * 86_400  # longer than any sign-in lasts, and far from the end of all dates
SECRET_METHODS = frozenset({"client_secret_basic", "client_secret_post", "client_secret_jwt"})
TLS_METHODS = frozenset({"tls_client_auth", "self_signed_tls_client_auth"})


class Topic(Section, frozen=True, kw_only=True):
    """A business area that a company's administrator may grant (B-27); `label` is per language."""

    id: Annotated[str, msgspec.Meta(pattern=r"^[a-z0-9-]+$")]
    label: dict[str, str]


class ApiAccess(Section, frozen=True, kw_only=True):
    """The people and companies that a program may work with through the API; its scopes say what it may do there."""

    funds: tuple[str, ...] = ()
    portals: tuple[str, ...] = ()


class Client(Section, frozen=True, kw_only=True):
    """A relying party, or a service that asks for tokens in its own name."""

    vetted: ClassVar[bool] = True
    """Whether the operator vouches for it; not so for one that registered itself (`idp.clients.registered`)."""

    client_id: Annotated[str, msgspec.Meta(min_length=1, max_length=255)]
    client_name: Annotated[str, msgspec.Meta(min_length=1, max_length=100)]
    client_uri: str = ""
    logo_uri: str = ""
    policy_uri: str = ""
    tos_uri: str = ""
    contacts: tuple[str, ...] = ()
    software_id: str = ""
    software_version: str = ""
    application_type: Literal["web", "native"] = "web"

    # Flows
    redirect_uris: tuple[str, ...] = ()
    post_logout_redirect_uris: tuple[str, ...] = ()
    initiate_login_uri: str = ""
    grant_types: tuple[str, ...] = ("authorization_code",)
    response_types: tuple[Literal["code"], ...] = ("code",)
    scope: str = "openid"
    audiences: tuple[str, ...] = ()
    """Resource indicators this client may ask tokens for (RFC 8707)."""
    default_max_age: Annotated[int, msgspec.Meta(ge=0, le=TEN_YEARS)] | None = None
    require_auth_time: bool = False
    default_acr_values: tuple[str, ...] = ()
    subject_type: Literal["public", "pairwise"] = "public"
    sector_identifier_uri: str = ""
    request_uris: tuple[str, ...] = ()

    # Keys and authentication
    token_endpoint_auth_method: str = "client_secret_basic"  # noqa: S105
    token_endpoint_auth_signing_alg: str = ""
    jwks: dict[str, Any] | None = None  # in the JSON Schema `object` would be no type
    jwks_uri: str = ""
    tls_client_auth_subject_dn: str = ""
    tls_client_auth_san_dns: str = ""
    tls_client_auth_san_uri: str = ""
    tls_client_auth_san_ip: str = ""
    tls_client_auth_san_email: str = ""
    tls_client_certificate_bound_access_tokens: bool = False
    dpop_bound_access_tokens: bool = False
    secret_digests: tuple[str, ...] = ()
    """`idp.random_values.fingerprint` of each secret that is accepted; two while a secret is being replaced."""
    secret_env: str = ""
    """Environment variable that holds the secret: needed by `client_secret_jwt`, possible for the other two."""

    # Signing and encryption
    id_token_signed_response_alg: str = "RS256"  # noqa: S105
    id_token_encrypted_response_alg: str = ""
    id_token_encrypted_response_enc: str = ""
    id_token_claims: Annotated[
        tuple[str, ...],
        msgspec.Meta(
            description="Claims that every ID token carries, as far as their scope was granted: for programs that do "
            "not ask the userinfo endpoint. Without it, an ID token says who signed in, when and how."
        ),
    ] = ()
    permissions_claim: Annotated[
        str,
        msgspec.Meta(
            description="The name of a claim with the person's rights in their company as plain texts "
            "(`administrator` and topics), as programs expect in `groups` or `roles`. It comes with the scope "
            "`organisations`."
        ),
    ] = ""
    userinfo_signed_response_alg: str = ""
    userinfo_encrypted_response_alg: str = ""
    userinfo_encrypted_response_enc: str = ""
    introspection_signed_response_alg: str = ""
    introspection_encrypted_response_alg: str = ""
    introspection_encrypted_response_enc: str = ""
    authorization_signed_response_alg: str = ""
    authorization_encrypted_response_alg: str = ""
    authorization_encrypted_response_enc: str = ""
    request_object_signing_alg: str = ""
    request_object_encryption_alg: str = ""
    request_object_encryption_enc: str = ""
    require_signed_request_object: bool = False
    require_pushed_authorization_requests: bool = False

    # Logout
    backchannel_logout_uri: str = ""
    backchannel_logout_session_required: bool = False
    frontchannel_logout_uri: str = ""
    frontchannel_logout_session_required: bool = False

    # This provider's own
    iss_in_error_answers: Annotated[
        bool,
        msgspec.Meta(
            description="Whether error answers name the issuer (`iss`, RFC 9207). False only for Debian's "
            "mod_auth_openidc, which takes an error with `iss` for a sign-in that a third party started."
        ),
    ] = True
    profile: Profile = ""
    require_pkce: bool = True
    allow_private_addresses: bool = False
    """Whether addresses of this client may lead into private networks (its key set, its logout address)."""
    token_endpoint_audience: bool = False
    """Whether its assertions may also be addressed to the token endpoint (OIDC Core §9), not to the issuer only."""
    policy: Policy = Policy()
    brand: str = ""
    """The folder under `config/brands`; empty: the neutral brand."""
    funds: tuple[Fund, ...] = ()
    topics: tuple[Topic, ...] = ()
    api: ApiAccess | None = None
    events: EventStream | None = None
    webhook: Webhook | None = None

    @property
    def sso_group(self) -> str:
        """The group whose session cookie this client uses: its own unless the policy names a shared one."""
        return self.policy.sso_group or self.client_id

    @property
    def scopes(self) -> frozenset[str]:
        return frozenset(self.scope.split())

    @property
    def home(self) -> str:
        """The address where it begins a sign-in by itself, for links from elsewhere; empty for an unvetted client."""
        return self.initiate_login_uri if self.vetted else ""

    @property
    def hosts(self) -> tuple[str, ...]:
        """The hosts and app schemes to which its people may be sent with an answer."""
        found = (address.read(uri) for uri in self.redirect_uris)
        return tuple(dict.fromkeys(each.host or each.origin for each in found if each is not None))

    @property
    def has_people(self) -> bool:
        """Return whether people sign in to it, in a browser or through another device."""
        return bool({"authorization_code", DEVICE_GRANT}.intersection(self.grant_types))

    @property
    def public(self) -> bool:
        """Return whether it cannot keep a secret (RFC 6749 §2.1)."""
        return self.token_endpoint_auth_method == "none"  # noqa: S105

    @property
    def sender_constrained(self) -> bool:
        """Return whether its access tokens must be bound to a key or certificate."""
        return self.dpop_bound_access_tokens or self.tls_client_certificate_bound_access_tokens

    @property
    def takes_part_in_logout(self) -> bool:
        """Return whether it ends sessions or is notified of their end: its ID tokens then name the session (`sid`)."""
        notified = self.backchannel_logout_uri or self.frontchannel_logout_uri or self.events is not None
        return bool(notified or self.post_logout_redirect_uris)

    @property
    def fapi2(self) -> bool:
        return self.profile.startswith("fapi2")

    @property
    def needs_pkce(self) -> bool:
        """Return whether it must use PKCE: public and FAPI 2.0 clients always, others by default."""
        return self.require_pkce or self.public or self.fapi2

    def accepts_secret(self, typed: str) -> bool:
        """Return whether `typed` is one of this client's secrets; every digest is compared, in constant time."""
        typed_digest = random_values.fingerprint(typed)
        return any(random_values.same(typed_digest, digest) for digest in self.secret_digests)

    def accepts_redirect(self, redirect_uri: str) -> bool:
        """Return whether the address is registered: exactly (RFC 9700 §2.1).

        The port of a native client's loopback address is free (RFC 8252 §7.3).
        """
        if redirect_uri in self.redirect_uris:
            return address.read(redirect_uri) is not None
        if self.application_type != "native":
            return False
        bare = _without_loopback_port(redirect_uri)
        return bool(bare) and any(_without_loopback_port(known) == bare for known in self.redirect_uris)

    def topic_labels(self, topics: Iterable[str], language: str) -> list[str]:
        """Return the labels of these topics, in the order of the file."""
        held = set(topics)
        return [in_language(topic.label, language) for topic in self.topics if topic.id in held]

    @property
    def sector(self) -> str:
        """The host pairwise subjects are computed for (OIDC Core §8.1)."""
        chosen = self.sector_identifier_uri or next(iter(self.redirect_uris), "")
        found = address.read(chosen)
        return found.host if found is not None and found.host else self.client_id


def _without_loopback_port(uri: str) -> str:
    """Return the address without its port if it is plain http on a loopback host, otherwise an empty text."""
    found = address.read(uri)
    if found is None or not found.on_this_machine or found.has_user or found.has_fragment:
        return ""
    return found.without_port


def serving(grants: Iterable[str], authentication_methods: Iterable[str]) -> type[Client]:
    """Return the type of clients that name no other grants and authentication methods than these."""
    defaults = {field.name: field.default for field in msgspec.structs.fields(Client)}
    kinds = {
        "grant_types": tuple[Literal[tuple(grants)], ...],  # type: ignore[misc]
        "token_endpoint_auth_method": Literal[tuple(authentication_methods)],
    }
    fields = [(name, kind, defaults[name]) for name, kind in kinds.items()]
    return cast("type[Client]", msgspec.defstruct(Client.__name__, fields, bases=(Client,), frozen=True, kw_only=True))
