"""The directory that calls: its token, the company that it stands for, and its limit (RFC 7644 §2, RFC 6750 §2.1)."""

from dataclasses import dataclass

from flask import Request

from idp.actions import invitations
from idp.actions.actor import Actor
from idp.actions.scim_users import Directory
from idp.api import caller as programs
from idp.clients.client import Client
from idp.database import Origin, Transaction
from idp.invitations.letters import fund_letters
from idp.organisations import scim_tokens
from idp.organisations.organisation import Organisation
from idp.provider import Provider
from idp.scim.errors import ScimError
from idp.web.origin import origin_of

LIMIT = "scim"
LONGEST = 200
CHALLENGE = {"WWW-Authenticate": 'Bearer realm="SCIM"'}


@dataclass(frozen=True)
class DirectoryCaller:
    """One company's directory. `client` is the portal of the company's fund."""

    token_id: str
    company: Organisation
    client: Client

    @property
    def actor(self) -> Actor:
        """The author of what it changes."""
        return Actor.directory(self.token_id)

    def origin(self, request: Request) -> Origin:
        return origin_of(request, actor=self.actor.text, client_id=self.client.client_id)


def admit(provider: Provider, request: Request) -> tuple[DirectoryCaller, dict[str, str]]:
    """Return the caller and the headers that state its limit, with the request counted.

    Raises `ScimError` for a token that is missing, unknown, revoked or expired, and `ApiProblem` where the limit is
    used up.
    """
    scheme, _, shown = request.headers.get("Authorization", "").partition(" ")
    shown = shown.strip()
    if scheme.lower() != "bearer" or not shown.startswith(scim_tokens.PREFIX) or len(shown) > LONGEST:
        raise _unauthorized()
    with provider.database.reading() as tx:
        admitted = scim_tokens.find(tx, shown)
    if admitted is None:
        raise _unauthorized()
    client = provider.registry.current().client_of_fund(admitted.company.fund)
    if client is None:
        raise _unauthorized()
    found = DirectoryCaller(admitted.token_id, admitted.company, client)
    with provider.database.transaction(found.origin(request)) as tx:
        headers = programs.count(provider, tx, LIMIT, found.token_id)
        scim_tokens.note_use(tx, found.token_id)
    return found, headers


def directory(provider: Provider, tx: Transaction, who: DirectoryCaller) -> Directory:
    """Return the company's directory as the author of changes.

    Raises `ScimError` if the fund has no portal any more.
    """
    registry, settings = provider.registry.current(), provider.settings
    company = tx.session.get_one(Organisation, who.company.id)
    letters = fund_letters.of_fund(registry, settings, provider.wording, tx.now, company.fund)
    if letters is None:
        raise _unauthorized()
    sender = invitations.sender_to(company, letters, settings.server.issuer)
    return Directory(company=company, sender=sender, limiter=provider.limiter, by=who.actor)


def _unauthorized() -> ScimError:
    return ScimError(401, "A valid token of a company is needed.", headers=CHALLENGE)
