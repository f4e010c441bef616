"""The rules between a client's fields. Each check yields faults; `faults` runs them all.

The same checks serve files and dynamic registration.
"""

import re
import unicodedata
from collections.abc import Callable, Iterator, Sequence
from ipaddress import ip_address

from cryptography import x509

from idp import jose
from idp.clients.addresses import address_faults, address_warnings
from idp.clients.claim_names import RESERVED, SCOPE_OF_CLAIM
from idp.clients.client import SECRET_METHODS, TLS_METHODS, TOKEN_EXCHANGE, ApiAccess, Client
from idp.clients.conversion import FileFault
from idp.clients.subscriptions import SSF_MANAGE, SSF_SCOPES, stream_faults, webhook_faults
from idp.jose import (
    CONTENT_ALGORITHMS,
    ENCRYPTION_ALGORITHMS,
    FAPI2_ALGORITHMS,
    SECRET_ALGORITHMS,
    SIGNING_ALGORITHMS,
)

Check = Callable[[Client], Iterator[FileFault]]

ANSWERS = ("id_token_signed_response_alg", "userinfo_signed_response_alg", "introspection_signed_response_alg",
           "authorization_signed_response_alg")  # fmt: skip
SIGNED = (*ANSWERS, "request_object_signing_alg")
ENCRYPTED = ("id_token_encrypted_response", "userinfo_encrypted_response", "introspection_encrypted_response",
             "authorization_encrypted_response")  # fmt: skip
CERTIFICATE_NAMES = ("tls_client_auth_subject_dn", "tls_client_auth_san_dns", "tls_client_auth_san_uri",
                     "tls_client_auth_san_ip", "tls_client_auth_san_email")  # fmt: skip
PRIVATE_MEMBERS = frozenset({"d", "p", "q", "dp", "dq", "qi", "k"})
UNSEEN = frozenset({"Cc", "Cf", "Cs", "Co", "Zl", "Zp"})  # control, format (direction, zero width), line ends
DIGEST = re.compile(r"[A-Za-z0-9_-]{43}")
CLAIM_NAME = re.compile(r"[A-Za-z][A-Za-z0-9_.:/-]{0,99}")
SCOPE_TOKEN = re.compile(r"[\x21\x23-\x5B\x5D-\x7E]+")


def faults(client: Client, *, loopback: bool, served: Sequence[str] = SIGNING_ALGORITHMS) -> list[FileFault]:
    """Everything that is wrong with the client.

    `loopback`: http addresses on this machine are accepted. `served`: the algorithms that we have keys to sign with.
    """
    found = [*address_faults(client, loopback=loopback), *_not_served(client, served)]
    for check in CHECKS:
        found.extend(check(client))
    return found


def warnings(client: Client) -> Iterator[FileFault]:
    """Find accepted values that can hardly be meant, or that are weaker than necessary."""
    yield from address_warnings(client)
    if "," in client.scope:
        yield FileFault("scope", "names are separated by blanks: a comma is part of a name")
    if not client.needs_pkce and "authorization_code" in client.grant_types:
        yield FileFault("require_pkce", "without PKCE a stolen code can be redeemed by its thief (RFC 9700 §2.1.1)")
    if client.api is not None and not client.sender_constrained:
        yield FileFault("dpop_bound_access_tokens", "a stolen token of the API works for its thief: bind it to a key")


def name(client: Client) -> Iterator[FileFault]:
    """People judge a client by its name: one line that shows what it says."""
    strange = {unicodedata.category(character) for character in client.client_name} & UNSEEN
    if strange or not client.client_name.strip():
        yield FileFault("client_name", "one line without control and direction characters is expected")


def flows(client: Client) -> Iterator[FileFault]:
    browser = "authorization_code" in client.grant_types
    if browser and not client.redirect_uris:
        yield FileFault("redirect_uris", "the authorization_code grant needs at least one")
    if browser and not client.response_types:
        yield FileFault("response_types", "the authorization_code grant answers with a code (RFC 7591 §2.1)")
    if not browser and client.redirect_uris:
        yield FileFault("redirect_uris", "only the authorization_code grant uses them")
    if not client.grant_types:
        yield FileFault("grant_types", "at least one is expected")
    if client.public and "client_credentials" in client.grant_types:
        yield FileFault("grant_types", "a public client has no credentials to ask tokens with (RFC 6749 §4.4)")
    if client.public and TOKEN_EXCHANGE in client.grant_types:
        yield FileFault("grant_types", "a public client cannot say in whose name it calls on (RFC 8693 §5)")
    if client.public and not client.require_pkce:
        yield FileFault("require_pkce", "a public client always needs PKCE")


def scopes(client: Client) -> Iterator[FileFault]:
    if not all(SCOPE_TOKEN.fullmatch(token) for token in client.scopes):
        yield FileFault("scope", "scope names separated by single blanks are expected (RFC 6749 §3.3)")
    if "offline_access" in client.scopes and "refresh_token" not in client.grant_types:
        yield FileFault("grant_types", "the scope offline_access needs the refresh_token grant")


def told_claims(client: Client) -> Iterator[FileFault]:
    for index, name in enumerate(client.id_token_claims):
        scope = SCOPE_OF_CLAIM.get(name)
        if scope is None:
            yield FileFault(f"id_token_claims[{index}]", f"there is no claim {name!r}")
        elif scope not in client.scopes:
            yield FileFault(
                f"id_token_claims[{index}]", f"{name} belongs to the scope {scope}, which scope does not list"
            )
    name = client.permissions_claim
    if name and not CLAIM_NAME.fullmatch(name):
        yield FileFault("permissions_claim", "a name of letters, digits and _ . : / - is expected")
    if name in RESERVED:
        yield FileFault("permissions_claim", f"{name} means something else already")
    if name and "organisations" not in client.scopes:
        yield FileFault("permissions_claim", "it needs the scope organisations")


def secrets(client: Client) -> Iterator[FileFault]:
    method = client.token_endpoint_auth_method
    given = bool(client.secret_digests or client.secret_env)
    if method in SECRET_METHODS and not given:
        yield FileFault("secret_digests", f"{method} needs secret_digests or secret_env")
    if method not in SECRET_METHODS and given:
        yield FileFault("secret_digests" if client.secret_digests else "secret_env", f"{method} uses no secret")
    if method == "client_secret_jwt" and not client.secret_env:
        yield FileFault("secret_env", "client_secret_jwt needs the secret itself: name its environment variable")
    for index, digest in enumerate(client.secret_digests):
        if not DIGEST.fullmatch(digest):
            yield FileFault(f"secret_digests[{index}]", "the digest of a secret is expected (`idp clients digest`)")


def keys(client: Client) -> Iterator[FileFault]:
    if client.jwks is not None and client.jwks_uri:
        yield FileFault("jwks", "give either jwks or jwks_uri (RFC 7591 §2)")
    if client.token_endpoint_auth_method in {"private_key_jwt", "self_signed_tls_client_auth"}:
        yield from _keys_needed(client, client.token_endpoint_auth_method)
    if client.require_signed_request_object:
        yield from _keys_needed(client, "require_signed_request_object")
    if client.jwks is not None:
        faults = list(_key_set(client.jwks))
        yield from faults or _unserved(client, client.jwks)


def certificates(client: Client) -> Iterator[FileFault]:
    named = [name for name in CERTIFICATE_NAMES if getattr(client, name)]
    if client.token_endpoint_auth_method == "tls_client_auth" and len(named) != 1:  # noqa: S105
        yield FileFault(named[1] if named else CERTIFICATE_NAMES[0], "exactly one tls_client_auth_* is expected")
    if client.token_endpoint_auth_method != "tls_client_auth" and named:  # noqa: S105
        yield FileFault(named[0], "only tls_client_auth compares certificate names (RFC 8705 §2.1.2)")
    if client.tls_client_auth_subject_dn and not _reads(
        x509.Name.from_rfc4514_string, client.tls_client_auth_subject_dn
    ):
        yield FileFault("tls_client_auth_subject_dn", "a name as RFC 4514 writes it is expected (CN=…,O=…)")
    if client.tls_client_auth_san_ip and not _reads(ip_address, client.tls_client_auth_san_ip):
        yield FileFault("tls_client_auth_san_ip", "an IP address is expected")
    if client.dpop_bound_access_tokens and client.tls_client_certificate_bound_access_tokens:
        yield FileFault("dpop_bound_access_tokens", "tokens are bound by DPoP or by certificate, not by both")


def algorithms(client: Client) -> Iterator[FileFault]:
    signing = client.request_object_signing_alg
    if signing and signing not in SIGNING_ALGORITHMS:
        yield FileFault("request_object_signing_alg", _expected(SIGNING_ALGORITHMS, signing))
    for name in ENCRYPTED:
        yield from _encryption(client, name)
    if client.request_object_encryption_alg or client.request_object_encryption_enc:
        yield FileFault("request_object_encryption_alg", "request objects are signed, not encrypted, here")
    alg = client.token_endpoint_auth_signing_alg
    allowed = {"private_key_jwt": SIGNING_ALGORITHMS, "client_secret_jwt": SECRET_ALGORITHMS}
    expected = allowed.get(client.token_endpoint_auth_method, ())
    if alg and alg not in expected:
        yield FileFault("token_endpoint_auth_signing_alg", _expected(expected, alg))


def logout(client: Client) -> Iterator[FileFault]:
    for channel in ("backchannel", "frontchannel"):
        if getattr(client, f"{channel}_logout_session_required") and not getattr(client, f"{channel}_logout_uri"):
            yield FileFault(f"{channel}_logout_session_required", f"it needs a {channel}_logout_uri")


def fapi2(client: Client) -> Iterator[FileFault]:
    """FAPI 2.0 Security Profile §5.3.2.1 (authentication, bound tokens), §5.3.2.2 (pushed requests, PKCE) and §5.4.1
    (algorithms); Message Signing §5.3.1."""
    if not client.fapi2:
        return
    if not client.iss_in_error_answers:
        yield FileFault("iss_in_error_answers", "FAPI 2.0 names the issuer in every answer (Security Profile §5.3.2.2)")
    if client.token_endpoint_auth_method not in {"private_key_jwt", *TLS_METHODS}:
        yield FileFault("token_endpoint_auth_method", "FAPI 2.0 accepts private_key_jwt and mTLS only")
    if not client.require_pushed_authorization_requests:
        yield FileFault("require_pushed_authorization_requests", "FAPI 2.0 needs pushed requests: say true")
    if not client.sender_constrained:
        yield FileFault("dpop_bound_access_tokens", "FAPI 2.0 needs tokens bound by DPoP or by certificate")
    if not client.require_pkce:
        yield FileFault("require_pkce", "FAPI 2.0 always needs PKCE")
    if client.token_endpoint_audience:
        yield FileFault("token_endpoint_audience", "FAPI 2.0 assertions are addressed to the issuer")
    if client.profile == "fapi2-message-signing" and not client.require_signed_request_object:
        yield FileFault("require_signed_request_object", "Message Signing needs signed requests: say true")
    for name in (*SIGNED, "token_endpoint_auth_signing_alg"):
        if (value := getattr(client, name)) and value not in FAPI2_ALGORITHMS:
            yield FileFault(name, _expected(FAPI2_ALGORITHMS, value))


def api(client: Client) -> Iterator[FileFault]:
    """A program that acts on other people's accounts speaks for itself alone, and proves itself by a key."""
    if client.api is None:
        return
    if not client.api.funds and not client.api.portals:
        yield FileFault("api", "funds or portals are expected: without them it reaches nobody")
    if client.grant_types != ("client_credentials",):
        yield FileFault("grant_types", 'a program that uses the API has ["client_credentials"] and nothing else')
    if client.token_endpoint_auth_method not in {"private_key_jwt", *TLS_METHODS}:
        yield FileFault("token_endpoint_auth_method", "the API is open to private_key_jwt and mTLS only")


def events(client: Client) -> Iterator[FileFault]:
    """A stream is about people who sign in; its management is for the client's own tokens."""
    asked = client.scopes & SSF_SCOPES
    if client.events is None:
        if asked:
            yield FileFault("events", f"{min(asked)} manages a stream of events: describe it in [events]")
        return
    yield from stream_faults(client.events)
    if not client.has_people:
        yield FileFault("events", "nobody signs in to this client: there is nothing to send it")
    if asked and "client_credentials" not in client.grant_types:
        yield FileFault("grant_types", f"{min(asked)} belongs to the client itself: it needs client_credentials")
    if client.events.delivery == "poll" and not asked:
        yield FileFault("scope", f"a receiver that polls needs {SSF_MANAGE}")


def webhook(client: Client) -> Iterator[FileFault]:
    if client.webhook is None:
        return
    yield from webhook_faults(client.webhook)
    if client.api is None:
        yield FileFault("webhook", "it tells of funds and portals: api = { funds = […] } says of which")


def listed_once(client: Client) -> Iterator[FileFault]:
    codes = [fund.code for fund in client.funds]
    topics = [topic.id for topic in client.topics]
    reached = client.api or ApiAccess()
    listed = (("funds", codes), ("topics", topics), ("api.funds", reached.funds), ("api.portals", reached.portals))
    for name, ids in listed:
        for index, one in enumerate(ids):
            if one in ids[:index]:
                yield FileFault(f"{name}[{index}]", f"{one!r} is listed twice")


CHECKS: tuple[Check, ...] = (
    name,
    flows,
    scopes,
    told_claims,
    secrets,
    keys,
    certificates,
    algorithms,
    logout,
    fapi2,
    api,
    events,
    webhook,
    listed_once,
)


def _reads(reader: Callable[[str], object], text: str) -> bool:
    try:
        reader(text)
    except ValueError:
        return False
    return True


def _keys_needed(client: Client, reason: str) -> Iterator[FileFault]:
    if client.jwks is None and not client.jwks_uri:
        yield FileFault("jwks_uri", f"{reason} needs the client's public keys: jwks or jwks_uri")


def _not_served(client: Client, served: Sequence[str]) -> Iterator[FileFault]:
    """An answer is signed by a key that we have. Without a person there is no ID token to sign."""
    person = "openid" in client.scopes and set(client.grant_types) - {"client_credentials"}
    for name in ANSWERS:
        value = getattr(client, name)
        needed = person or name != ANSWERS[0]
        if value and needed and value not in served:
            yield FileFault(name, _expected(served, value))


def _key_set(jwks: dict[str, object]) -> Iterator[FileFault]:
    listed = jwks.get("keys")
    if not isinstance(listed, list) or not listed or not all(isinstance(key, dict) for key in listed):
        yield FileFault("jwks.keys", "a list of public keys is expected")
        return
    private = [index for index, key in enumerate(listed) if PRIVATE_MEMBERS & key.keys() or key.get("kty") == "oct"]
    for index in private:
        yield FileFault(f"jwks.keys[{index}]", "a private or shared key has no place here")
    if private:
        return
    kids = [str(key["kid"]) for key in listed if "kid" in key]
    if len(set(kids)) < len(kids):
        yield FileFault("jwks.keys", "no two keys share a kid")
    for index, reason in jose.faults_of_keys(listed).items():
        yield FileFault(f"jwks.keys[{index}]", reason)


def _unserved(client: Client, jwks: dict[str, object]) -> Iterator[FileFault]:
    """Find requested algorithms that none of the client's listed keys serves."""
    known = jose.read_keys(jwks)
    signing = client.token_endpoint_auth_signing_alg if client.token_endpoint_auth_method == "private_key_jwt" else ""  # noqa: S105
    wanted = [signing, client.request_object_signing_alg, *(getattr(client, f"{name}_alg") for name in ENCRYPTED)]
    for algorithm in wanted:
        if algorithm in (*SIGNING_ALGORITHMS, *ENCRYPTION_ALGORITHMS) and not jose.fitting(known, algorithm):
            yield FileFault("jwks.keys", f"no key among them serves {algorithm}")
    if client.token_endpoint_auth_method == "private_key_jwt" and not any(  # noqa: S105
        jose.fitting(known, algorithm) for algorithm in SIGNING_ALGORITHMS
    ):
        yield FileFault("jwks.keys", "no key among them signs")


def _encryption(client: Client, name: str) -> Iterator[FileFault]:
    alg, enc = getattr(client, f"{name}_alg"), getattr(client, f"{name}_enc")
    if alg and alg not in ENCRYPTION_ALGORITHMS:
        yield FileFault(f"{name}_alg", _expected(ENCRYPTION_ALGORITHMS, alg))
    if enc and enc not in CONTENT_ALGORITHMS:
        yield FileFault(f"{name}_enc", _expected(CONTENT_ALGORITHMS, enc))
    if enc and not alg:
        yield FileFault(f"{name}_enc", f"it needs {name}_alg")
    if alg:
        yield from _keys_needed(client, f"{name}_alg")


def _expected(allowed: Sequence[str], value: str) -> str:
    return f"one of {', '.join(allowed) or 'none at all'} is expected, not {value!r}"
