"""The security event token (RFC 8417): what a kept or queued event becomes when it leaves."""

from collections.abc import Mapping

from idp.clients.client import Client
from idp.signing_keys import SigningKeys

TYPE = "secevent+jwt"
MEDIA_TYPE = f"application/{TYPE}"
CLAIMS = ("jti", "iat", "txn", "sub_id", "events")
ERRORS = frozenset({
    "invalid_request", "invalid_key", "invalid_issuer", "invalid_audience", "authentication_failed", "access_denied",
    "invalid_state",
})  # fmt: skip
"""The registered reasons of a receiver that refuses a token (RFC 8935 §2.4, Shared Signals Framework §8.1.4.1)."""


def signed(keys: SigningKeys, issuer: str, client: Client, content: Mapping[str, object]) -> str:
    """Return the token of this content for this client: without `exp` and `sub`, so that it passes for no other token.

    Its `jti` and `iat` are those of the event at every try.
    """
    claims = {name: content[name] for name in CLAIMS if name in content}
    about = {"iss": issuer, "aud": client.client_id, **claims}
    return keys.sign(about, algorithm=client.id_token_signed_response_alg, typ=TYPE)
