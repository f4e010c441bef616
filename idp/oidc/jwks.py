"""`/jwks.json`: the public keys by which everybody can verify what this provider signs (RFC 7517)."""

from flask import Blueprint, Response

from idp.provider import Provider

ADDRESS = "/jwks.json"
PUBLIC = {
    "Cache-Control": "public, max-age=300",  # a new key is announced long before it signs
    "Access-Control-Allow-Origin": "*",  # applications in browsers read it too
}


def blueprint(provider: Provider) -> Blueprint:
    routes = Blueprint("jwks", __name__)

    @routes.get(ADDRESS)
    def jwks() -> Response:
        return Response(provider.signing_keys.jwks(), headers=PUBLIC, mimetype="application/jwk-set+json")

    return routes
