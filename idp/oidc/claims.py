"""The claims about a person that a client receives: by scope, or claim by claim (OIDC Core §5.4, §5.5)."""

from collections.abc import Iterable

from idp.clients.claim_names import PROTOCOL_CLAIMS, SCOPE_OF_CLAIM
from idp.clients.client import Client
from idp.database import Transaction
from idp.grants.authorization import Authorization
from idp.oidc.authorize.context import AuthorizationContext
from idp.oidc.scopes import LEGACY, ORGANISATIONS
from idp.organisations import organisation_claims
from idp.organisations.organisation_claims import OrganisationClaim
from idp.people import portal_identifiers, standard_claims
from idp.people.standard_claims import KnownPerson

CLAIMS = (*PROTOCOL_CLAIMS, *SCOPE_OF_CLAIM)
"""Everything that discovery lists."""

PERSONAL_SCOPES = frozenset({"profile", "email", "phone", "address"})
MOST_IN_TOKEN = 20


def for_userinfo(
    tx: Transaction, client: Client, authorized: Authorization, person: KnownPerson, scope: Iterable[str]
) -> dict[str, object]:
    """`sub`, the claims of the token's scopes, and those asked for one by one, as far as they are known."""
    scopes = frozenset(scope)
    claims = _of_scopes(tx, client, authorized.person_id, scopes, person)
    asked = _asked(authorized, "userinfo", client) - claims.keys()
    found = {**claims, **_named(tx, client, authorized.person_id, asked, person)}
    organisations = found.get("organisations")
    if isinstance(organisations, list):
        found |= _permissions(client, _spoken_of(organisations, authorized))
    return {"sub": authorized.subject, **found}


def for_id_token(tx: Transaction, client: Client, authorized: Authorization) -> dict[str, object]:
    """Return the claims requested one by one (OIDC Core §5.5), and those of granted scopes in the client's file.

    Other claims of a scope are returned by the userinfo endpoint only (§5.4).
    """
    listed = {name for name in client.id_token_claims if SCOPE_OF_CLAIM.get(name) in authorized.scope}
    return _named(tx, client, authorized.person_id, (_asked(authorized, "id_token", client) | listed) - {ORGANISATIONS})


def scopes_behind(context: AuthorizationContext) -> tuple[str, ...]:
    """Return the scopes a request is about: those it names, and those of the claims it requests one by one (§5.5)."""
    named = (*context.claims.userinfo, *context.claims.id_token)
    by_claim = (SCOPE_OF_CLAIM[name] for name in named if SCOPE_OF_CLAIM.get(name) in context.client.scopes)
    return tuple(dict.fromkeys((*context.scopes, *by_claim)))


def organisations_for_token(tx: Transaction, client: Client, authorized: Authorization) -> dict[str, object]:
    """Return the chosen company, or the first twenty; `organisations_truncated` says that userinfo knows more."""
    entries = _spoken_of(_organisations(tx, client, authorized.person_id), authorized)
    truncated = {"organisations_truncated": True} if len(entries) > MOST_IN_TOKEN else {}
    return {"organisations": entries[:MOST_IN_TOKEN], **truncated, **_permissions(client, entries)}


def _spoken_of(entries: list[OrganisationClaim], authorized: Authorization) -> list[OrganisationClaim]:
    """Return the chosen company; all of them where none was chosen."""
    chosen = authorized.organisation_id
    return [entry for entry in entries if entry["id"] == chosen] if chosen else entries


def _permissions(client: Client, entries: list[OrganisationClaim]) -> dict[str, list[str]]:
    """Return the rights as plain texts, under the name that the client's file gives them: those in one company.

    For several at once there are none: a text does not say where it counts.
    """
    if not client.permissions_claim:
        return {}
    if len(entries) != 1:
        return {client.permissions_claim: []}
    administrator = ["administrator"] if entries[0]["administrator"] else []
    return {client.permissions_claim: [*administrator, *entries[0]["topics"]]}


def _asked(authorized: Authorization, place: str, client: Client) -> set[str]:
    """Return the claims asked for one by one that this client may have: those of the scopes it is registered for."""
    requested = authorized.claims.get(place) or {}
    return {name for name in requested if SCOPE_OF_CLAIM.get(name) in client.scopes}


def _named(
    tx: Transaction, client: Client, person_id: str, names: set[str], person: KnownPerson | None = None
) -> dict[str, object]:
    if not names:
        return {}
    found = _of_scopes(tx, client, person_id, frozenset(SCOPE_OF_CLAIM[name] for name in names), person)
    return {name: value for name, value in found.items() if name in names}


def _of_scopes(
    tx: Transaction, client: Client, person_id: str, scopes: frozenset[str], person: KnownPerson | None
) -> dict[str, object]:
    """A `person` that was read already is not read again."""
    claims = _standard(tx, person_id, scopes, person) if scopes & PERSONAL_SCOPES else {}
    if ORGANISATIONS in scopes:
        claims["organisations"] = _organisations(tx, client, person_id)
    if LEGACY in scopes:
        portal, kind = client.client_id, portal_identifiers.LEGACY
        claims["legacy_identifiers"] = portal_identifiers.of_person(tx, person_id, portal, kind)
    return claims


def _standard(tx: Transaction, person_id: str, scopes: frozenset[str], person: KnownPerson | None) -> dict[str, object]:
    if person is None:
        return standard_claims.of_person(tx, person_id, scopes)
    return standard_claims.of_row(person, scopes)


def _organisations(tx: Transaction, client: Client, person_id: str) -> list[OrganisationClaim]:
    return organisation_claims.for_claims(tx, person_id, tuple(fund.code for fund in client.funds))
