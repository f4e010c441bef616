"""`id_token_hint`: an ID token of this provider by which a client names a person (OIDC Core §3.1.2.1)."""

from dataclasses import dataclass

from idp.jose import CannotVerify
from idp.oidc.errors import InvalidRequest
from idp.provider import Provider


@dataclass(frozen=True)
class IdTokenHint:
    """`audience` holds client ids; `sid` is empty for an ID token that had no session."""

    subject: str
    audience: tuple[str, ...]
    sid: str


def read_hint(provider: Provider, text: str) -> IdTokenHint:
    """Read the person and session that an ID token of ours names. It may have expired (RP-Initiated Logout §2).

    Raises `InvalidRequest`.
    """
    try:
        token = provider.signing_keys.verify(text)
    except CannotVerify as error:
        raise InvalidRequest("id_token_hint is not an ID token of this provider", detail=str(error)) from error
    claims = token.claims
    # OIDC Core §2: signed user info is signed by the same key, and has neither.
    of_an_id_token = isinstance(claims.get("sub"), str) and {"exp", "iat"} <= claims.keys()
    if (
        claims.get("iss") != provider.settings.server.issuer
        or token.header.get("typ", "JWT") != "JWT"
        or not of_an_id_token
    ):
        raise InvalidRequest("id_token_hint is not an ID token of this provider")
    audience = claims["aud"] if isinstance(claims.get("aud"), list) else [claims.get("aud")]
    return IdTokenHint(str(claims.get("sub", "")), tuple(map(str, audience)), str(claims.get("sid", "")))
