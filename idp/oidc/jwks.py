"""`/jwks.json`: the public keys by which everybody can verify what this provider signs (RFC 7517)."""

from flask import Blueprint

from idp.provider import Provider
from idp.web.fixed_answers import FixedAnswer

ADDRESS = "/jwks.json"
PUBLIC = {
    "Cache-Control": "public, max-age=300",  # a new key is announced long before it signs
    "Access-Control-Allow-Origin": "*",  # applications in browsers read it too
}


def blueprint(provider: Provider) -> Blueprint:
    routes = Blueprint("jwks", __name__)
    answer = FixedAnswer(provider.signing_keys.jwks, {"Content-Type": "application/jwk-set+json", **PUBLIC})
    routes.add_url_rule(ADDRESS, "jwks", answer)
    return routes
