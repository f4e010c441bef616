"""`/.well-known/webauthn`: further origins whose pages may use our passkeys (WebAuthn Level 3 §5.11).

Served by the host of `passkeys.rp_id`, and only where an installation has several hosts.
"""

import msgspec
from flask import Blueprint, Response
from werkzeug.exceptions import NotFound

from idp.credentials import ceremonies
from idp.provider import Provider

ADDRESS = "/.well-known/webauthn"


def blueprint(provider: Provider) -> Blueprint:
    routes = Blueprint("related_origins", __name__)

    @routes.get(ADDRESS)
    def related() -> Response:
        if not provider.settings.passkeys.related_origins:
            raise NotFound
        origins = ceremonies.relying_party(provider.settings).origins
        return Response(msgspec.json.encode({"origins": origins}), mimetype="application/json")

    return routes
