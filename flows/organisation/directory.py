"""« Automatic user management »: the tokens of the company's directory, and their end (RFC 7644 §2)."""

from dataclasses import dataclass
from datetime import datetime

from flask import redirect, request
from werkzeug.exceptions import NotFound
from werkzeug.wrappers import Response

from flows.organisation.administration import Administration, address
from flows.organisation.directory_token import NEW_DIRECTORY_TOKEN
from idp.actions.actor import Actor
from idp.actions.scim_tokens import revoke_token
from idp.organisations import scim_tokens
from idp.organisations.scim_tokens import ScimToken
from idp.people import person
from idp.wording import Text, text

DONE: dict[str, Text] = {
    "created": text("The token has been created. All administrators have been told."),
    "revoked": text("The token has been revoked. The directory can no longer use it."),
}


@dataclass(frozen=True)
class TokenLine:
    """A live token, and the name of its author; empty where their account was deleted."""

    id: str
    name: str
    author: str
    created_at: datetime
    expires_at: datetime
    last_used_at: datetime | None


def show(admin: Administration) -> Response:
    tokens = scim_tokens.live(admin.tx, admin.company.id)
    return admin.page(
        "directory.html",
        tokens=[_line(admin, token) for token in tokens],
        scim=admin.provider.settings.server.issuer + scim_tokens.ADDRESS,
        done=DONE.get(request.args.get("done", "")),
        new_token=address(admin.client, NEW_DIRECTORY_TOKEN.name, organisation=admin.company.id),
        is_full=len(tokens) >= scim_tokens.MOST,
    )


def revoke(admin: Administration, token_id: str) -> Response:
    """Ask once, then end the token immediately."""
    token = _token(admin, token_id)
    if request.method != "POST":
        return admin.page("revoke-token.html", token=token)
    revoke_token(admin.tx, token.id, by=Actor.administrator(admin.person_id))
    return redirect(f"{admin.users}/directory?done=revoked", 303)


def _token(admin: Administration, token_id: str) -> ScimToken:
    """Return a live token of this company; 404 for everybody else's."""
    live = scim_tokens.live(admin.tx, admin.company.id)
    found = next((token for token in live if token.id == token_id), None)
    if found is None:
        raise NotFound
    return found


def _line(admin: Administration, token: ScimToken) -> TokenLine:
    author = person.name_of(admin.tx, token.created_by)
    return TokenLine(token.id, token.name, author, token.created_at, token.expires_at, token.last_used_at)
