"""ID tokens (OIDC Core §2): who signed in, when and how; nothing about the person that was not asked for by name."""

import hashlib
from base64 import urlsafe_b64encode
from datetime import datetime

from idp.clients.client import Client
from idp.grants.authorization import Authorization

TYPE = "JWT"


def claims(
    issuer: str,
    client: Client,
    authorized: Authorization,
    now: datetime,
    *,
    access_token: str,
    nonce: str = "",
) -> dict[str, object]:
    """Return the protocol claims. `auth_time`, `acr` and `amr` are those of the sign-in, also at a refresh (§12.2)."""
    issued_at = int(now.timestamp())
    content = {
        "iss": issuer,
        "sub": authorized.subject,
        "aud": client.client_id,
        "iat": issued_at,
        "exp": issued_at + client.policy.id_token_lifetime,
        "auth_time": int(authorized.auth_time.timestamp()),
        "acr": authorized.acr,
        "amr": list(authorized.amr),
        "sid": authorized.sid if client.takes_part_in_logout else "",
        "nonce": nonce,
        "at_hash": half_hash(access_token, client.id_token_signed_response_alg),
    }
    return {name: value for name, value in content.items() if value not in ("", [])}


def half_hash(token: str, algorithm: str) -> str:
    """`at_hash`, `c_hash`, `s_hash`: the left half of the digest that goes with the algorithm (OIDC Core §3.1.3.6).

    Ed25519 signs over SHA-512 (RFC 8032 §5.1).
    """
    digest = hashlib.sha512 if algorithm == "EdDSA" else hashlib.sha256
    full = digest(token.encode("ascii")).digest()
    return urlsafe_b64encode(full[: len(full) // 2]).rstrip(b"=").decode()
