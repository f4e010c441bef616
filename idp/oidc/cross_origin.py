"""Which endpoints an application in a browser may call from its own site (Fetch, OIDC Core §5.3).

They read no cookie and believe only what is shown to them, so any origin may; credentials of the browser never come
along. Pages, and what only servers call, stay closed.
"""

from flask import Blueprint, Response

from idp.web.application import current_request

READABLE = {"Access-Control-Allow-Origin": "*", "Access-Control-Expose-Headers": "WWW-Authenticate, DPoP-Nonce"}
ASKED_BEFORE = {
    "Access-Control-Allow-Methods": "GET, POST",
    "Access-Control-Allow-Headers": "Authorization, Content-Type, DPoP",
    "Access-Control-Max-Age": "7200",
}


def allow(routes: Blueprint) -> None:
    """Let every origin read the answers of these routes, refusals included."""

    @routes.after_request
    def readable(response: Response) -> Response:
        named = READABLE | ASKED_BEFORE if current_request().method == "OPTIONS" else READABLE
        for name, value in named.items():
            response.headers.add(name, value)
        return response
