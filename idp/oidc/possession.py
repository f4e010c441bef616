"""Proof of possession in a token request: the key or certificate that its tokens are bound to.

A DPoP proof binds to its key (RFC 9449 §5); a client that is registered for it is bound to its certificate
(RFC 8705 §3). A client registered for either gets no tokens without.
"""

from flask import Request

from idp.clients.client import Client
from idp.oidc import dpop
from idp.oidc.confirmation import Confirmation
from idp.oidc.dpop import DpopProof
from idp.oidc.errors import InvalidRequest
from idp.provider import Provider
from idp.web import client_certificate


def read_possession(provider: Provider, request: Request, client: Client) -> tuple[DpopProof | None, Confirmation]:
    """Return the proof to be spent, and the confirmation of the tokens.

    Raises `InvalidRequest` where one is missing.
    """
    proof = dpop.read_proof(provider, request)
    if proof is not None:
        return proof, Confirmation(jkt=proof.jkt)
    if client.dpop_bound_access_tokens:
        raise InvalidRequest("this client needs a DPoP proof", headers=dpop.nonce_header(provider))
    if not client.tls_client_certificate_bound_access_tokens:
        return None, Confirmation()
    thumbprint = client_certificate.thumbprint_of(request)
    if not thumbprint:
        raise InvalidRequest("this client needs a client certificate")
    return None, Confirmation(certificate=thumbprint)
