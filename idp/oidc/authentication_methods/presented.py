"""The credentials that a request presents for its client, read before anything is verified."""

from base64 import b64decode
from binascii import Error as Base64Error
from dataclasses import dataclass
from typing import Literal
from urllib.parse import unquote_plus

from flask import Request

from idp import jose
from idp.jose import CannotVerify
from idp.oidc.errors import InvalidClient, InvalidRequest
from idp.oidc.form import FormBody
from idp.web import client_certificate
from idp.web.client_certificate import ClientCertificate

ASSERTION_TYPE = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
CHALLENGE = {"WWW-Authenticate": 'Basic realm="client"'}

Way = Literal["header", "body", "assertion", "nothing"]


@dataclass(frozen=True)
class PresentedCredentials:
    """`way` is how it came; `secret` and `assertion` are empty where it did not come that way.

    A certificate is no way of its own: it may come along only to have tokens bound to it (RFC 8705 §4).
    """

    client_id: str
    way: Way
    secret: str = ""
    assertion: str = ""
    certificate: ClientCertificate | None = None
    chain_is_verified: bool = False


def read_presented(request: Request, form: FormBody) -> PresentedCredentials:
    """Return the one proof in this request.

    Raises `InvalidRequest` for two at once (RFC 6749 §2.3), `InvalidClient` for one that cannot be read, for none at
    all, and where the places that name the client disagree.
    """
    header = request.headers.get("Authorization")
    secret, assertion = form.get("client_secret"), form.get("client_assertion")
    if sum(map(bool, (header is not None, secret, assertion))) > 1:
        raise InvalidRequest("more than one client authentication method")
    if header is not None:
        presented = _from_header(header)
    elif assertion:
        presented = _from_assertion(form, assertion)
    else:
        certificate, verified = (
            client_certificate.presented_certificate(request),
            client_certificate.chain_is_verified(request),
        )
        way: Way = "body" if secret else "nothing"
        presented = PresentedCredentials(
            form.get("client_id"), way, secret, certificate=certificate, chain_is_verified=verified
        )
    if not presented.client_id:
        raise InvalidClient("no client is named", headers=CHALLENGE if header is not None else {})
    if form.get("client_id") not in ("", presented.client_id):
        raise InvalidClient("client_id names another client")
    return presented


def _from_header(header: str) -> PresentedCredentials:
    """RFC 6749 §2.3.1: both parts are form-encoded before they are joined."""
    scheme, _, credentials = header.partition(" ")
    try:
        if scheme.lower() != "basic":
            raise ValueError("another scheme")
        client_id, colon, secret = b64decode(credentials.strip().encode("ascii"), validate=True).decode().partition(":")
        if not colon:
            raise ValueError("no colon")
        decoded = unquote_plus(client_id, errors="strict"), unquote_plus(secret, errors="strict")
    except (ValueError, Base64Error) as error:
        raise InvalidClient("the Authorization header is not valid", headers=CHALLENGE) from error
    return PresentedCredentials(decoded[0], "header", decoded[1])


def _from_assertion(form: FormBody, assertion: str) -> PresentedCredentials:
    """RFC 7521 §4.2: without `client_id` the assertion's subject names the client."""
    if form.get("client_assertion_type") != ASSERTION_TYPE:
        raise InvalidClient("client_assertion_type is not supported")
    try:
        subject = jose.unverified(assertion).claims.get("sub")
    except CannotVerify as error:
        raise InvalidClient("the client assertion cannot be read") from error
    if not isinstance(subject, str):
        raise InvalidClient("the client assertion has no subject")
    return PresentedCredentials(subject, "assertion", assertion=assertion)
