"""JARM: the authorization response as a JWT that the provider signs, and encrypts for clients that want it so.

JWT Secured Authorization Response Mode for OAuth 2.0 (JARM).
"""

from collections.abc import Mapping
from datetime import timedelta

from idp.clients.client import Client
from idp.oidc.protected_response import ResponseProtection, sealed, usual_algorithm
from idp.provider import Provider

LIFETIME = timedelta(minutes=5)


def sign_response(provider: Provider, client: Client, parameters: Mapping[str, str]) -> dict[str, str]:
    """Return the one parameter `response` that carries all others (§2.1, §2.2); `iss` is among them.

    May fetch the client's key: never call it inside a transaction.
    """
    expires_at = int((provider.clock.now() + LIFETIME).timestamp())
    claims = {**parameters, "aud": client.client_id, "exp": expires_at}
    algorithm = client.authorization_signed_response_alg or usual_algorithm(client, provider.signing_keys.algorithms)
    encrypted, content = client.authorization_encrypted_response_alg, client.authorization_encrypted_response_enc
    return {"response": sealed(provider, client, claims, ResponseProtection(algorithm, encrypted, content))}
