"""The type of a client in a file: it names grants and authentication methods that are served here, and no others."""

from idp.clients.client import serving
from idp.oidc.client_authentication import CLIENT_AUTHENTICATION
from idp.oidc.token.endpoint import GRANTS

ServedClient = serving(GRANTS, CLIENT_AUTHENTICATION)
