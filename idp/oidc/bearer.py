"""Presenting an access token (RFC 6750 §2, RFC 9449 §7.1), and the response to one that is refused.

Header or body, never the address (RFC 9700 §4.3.2), and only one of them. The scheme may be written in any case.
"""

from dataclasses import dataclass

from flask import Request, Response

from idp.database import Database, Transaction
from idp.oidc import access_token, dpop
from idp.oidc.access_token import LiveToken
from idp.oidc.confirmation import Confirmation
from idp.oidc.dpop import DpopProof
from idp.oidc.errors import (
    InvalidDpopProof,
    InvalidRequest,
    InvalidToken,
    OAuthError,
    TemporarilyUnavailable,
    UseDpopNonce,
)
from idp.oidc.form import MEDIA_TYPE, read_form
from idp.oidc.responses import error_response
from idp.provider import Provider
from idp.web import client_certificate
from idp.web.application import current_request

SCHEMES = {"bearer": "Bearer", "dpop": "DPoP"}
LONGEST = 16 * 1024


@dataclass(frozen=True)
class PresentedToken:
    """A token as it was shown; `scheme` is `Bearer` or `DPoP`."""

    scheme: str
    token: str
    proof: DpopProof | None = None
    certificate: str = ""

    def holds(self, bound: Confirmation) -> bool:
        """Return whether the sender proved the key or certificate that the token is bound to (RFC 9449 §7.1)."""
        if bound.jkt:
            return self.scheme == "DPoP" and self.proof is not None and self.proof.jkt == bound.jkt
        return self.scheme == "Bearer" and bound.certificate in ("", self.certificate)

    def spend(self, database: Database) -> None:
        """Spend the proof, once the token turned out to be good. Raises `InvalidDpopProof` for a replay."""
        if self.proof is not None:
            with database.transaction() as tx:
                self.proof.spend(tx)


def read_presented_token(provider: Provider, request: Request) -> PresentedToken:
    """Return the one token in this request, and what its sender proved to hold.

    Raises `InvalidToken` (401) where there is none, `InvalidRequest` for two or one in the address.
    """
    scheme, token = _read(request)
    proof = dpop.read_proof(provider, request, access_token=token) if scheme == "DPoP" else None
    if scheme == "DPoP" and proof is None:
        raise InvalidDpopProof("a DPoP proof is needed", headers=dpop.nonce_header(provider))
    return PresentedToken(scheme, token, proof, client_certificate.thumbprint_of(request))


def admit(provider: Provider, tx: Transaction, shown: PresentedToken, *, resource: str = "") -> LiveToken:
    """Return the token and its person, if it is live, meant for this resource, and shown the way it is bound.

    Without a `resource` it is meant for this provider or its userinfo endpoint. Raises `InvalidToken`.
    """
    issuer = provider.settings.server.issuer
    here = {resource} if resource else {issuer, access_token.userinfo_audience(issuer)}
    if len(shown.token) > LONGEST:
        raise InvalidToken("the access token is too long")
    token = access_token.read(tx, provider.signing_keys, issuer, shown.token)
    found = access_token.find_holder(tx, token) if token is not None else None
    if found is None:
        raise InvalidToken("the access token is not valid, or not any more")
    if not here & set(found.token.audience):
        raise InvalidToken("the access token is meant for another resource")
    if not shown.holds(found.token.confirmation):
        raise InvalidToken("the access token is bound to a key or certificate that was not shown")
    return found


def refuse(error: OAuthError) -> Response:
    """Return the refusal of a protected resource (RFC 6750 §3, RFC 9449 §7.1), in the scheme that was used.

    A proof that does not hold is a 401 here too.
    """
    if isinstance(error, TemporarilyUnavailable):
        return error_response(error)
    about_the_proof = isinstance(error, InvalidDpopProof | UseDpopNonce)
    used = SCHEMES.get(current_request().headers.get("Authorization", "").partition(" ")[0].lower(), "Bearer")
    scheme = "DPoP" if about_the_proof else used
    shown = error.description or not isinstance(error, InvalidToken)
    said = {**(error.parameters if shown else {}), **({"algs": " ".join(dpop.ALGORITHMS)} if scheme == "DPoP" else {})}
    parts = ", ".join(f'{name}="{value}"' for name, value in said.items())
    error.headers["WWW-Authenticate"] = f"{scheme} {parts}".strip()
    response = error_response(error)
    response.status_code = 401 if about_the_proof else error.status
    return response


def _read(request: Request) -> tuple[str, str]:
    header = request.headers.get("Authorization", "")
    body = read_form(request).get("access_token") if request.method == "POST" and _has_form(request) else ""
    if "access_token" in request.args:
        raise InvalidRequest("an access token does not belong into an address")
    if header and body:
        raise InvalidRequest("more than one access token")
    if body:
        return "Bearer", body
    scheme, _, token = header.partition(" ")
    if scheme.lower() not in SCHEMES or not token.strip():
        raise InvalidToken
    return SCHEMES[scheme.lower()], token.strip()


def _has_form(request: Request) -> bool:
    return request.mimetype == MEDIA_TYPE
