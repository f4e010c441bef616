"""`client_secret_basic` and `client_secret_post`: the secret itself, compared by fingerprint (RFC 6749 §2.3.1)."""

from idp.clients.client import Client
from idp.oidc.authentication_methods.presented import PresentedCredentials
from idp.oidc.errors import InvalidClient
from idp.provider import Provider


def client_secret(_provider: Provider, client: Client, presented: PresentedCredentials) -> None:
    if not client.accepts_secret(presented.secret):
        raise InvalidClient("client authentication failed", detail="wrong secret")
