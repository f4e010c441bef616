"""The metadata a registrant may send about a client, and its checks (RFC 7591 §2, OIDC Registration §2).

Unknown metadata is ignored. Everything else passes the checks that client files pass, and three more: a registered
client gets no grant and no scope that the client it is like has not, no algorithm that is not served, and a sector
only with redirect addresses that the sector's own document lists.
"""

from collections.abc import Iterable, Iterator, Mapping

import msgspec

from idp.clients import client_checks, registered
from idp.clients.addresses import LOOPBACK_ENVIRONMENTS
from idp.clients.client import SECRET_METHODS, Client
from idp.clients.conversion import FileFault
from idp.clients.registered import SelfRegistered
from idp.oidc.client_authentication import served_methods
from idp.oidc.errors import InvalidClientMetadata, InvalidRedirectUri, OAuthError
from idp.oidc.scopes import OFFLINE_ACCESS
from idp.outbound.client import OutboundBusy, Recipient
from idp.outbound.exchange import OutboundFailed
from idp.provider import Provider

OURS = frozenset({
    "client_id", "audiences", "secret_digests", "secret_env", "profile", "require_pkce", "allow_private_addresses",
    "token_endpoint_audience", "policy", "brand", "funds", "topics",
})  # fmt: skip
METADATA = tuple(field.name for field in msgspec.structs.fields(Client) if field.name not in OURS)
MOST_ADDRESSES = 20
PLACEHOLDER = "0" * 43
"""Stands for the digest of a secret that is only made once everything is right."""


def understand(provider: Provider, client_id: str, sent: Mapping[str, object]) -> Client:
    """Return the client that this metadata describes. May fetch the sector's document: never call it in a transaction.

    Raises `InvalidRedirectUri` or `InvalidClientMetadata`.
    """
    like = template(provider)
    described = {"scope": "", **{name: sent[name] for name in METADATA if sent.get(name) is not None}}
    if any(map(_is_unspeakable, _texts(described))):
        raise InvalidClientMetadata("a text has a character that is none")
    stated = registered.read({"client_name": client_id, **described, "client_id": client_id})
    if isinstance(stated, list):
        raise refusal(stated)
    client = registered.completed(
        _scoped(stated, like),
        PLACEHOLDER if stated.token_endpoint_auth_method in SECRET_METHODS else "",
        like,
        provider.settings.registration,
    )
    faults = [*_more_than(like, client), *_not_served(provider, client), *_faults(provider, client)]
    if faults:
        raise refusal(faults)
    _check_sector(provider, client)
    return client


def template(provider: Provider) -> Client:
    """Return the client that registered ones are like. Raises `InvalidClientMetadata` where it is missing."""
    found = provider.registry.current().client(provider.settings.registration.like)
    if found is None:
        raise InvalidClientMetadata("registration is not possible now", detail="registration.like names no client")
    return found


def of_client(client: Client) -> dict[str, object]:
    """Return the metadata as it is stored and told to the registrant: what is set, the defaults included."""
    everything: dict[str, object] = msgspec.to_builtins(client)
    return {name: everything[name] for name in METADATA if everything[name] not in (None, "", ())}


def refusal(faults: Iterable[FileFault]) -> OAuthError:
    """RFC 7591 §3.2.2: the first fault, under the code that its place has."""
    path, message = next(iter(faults))
    kind = InvalidRedirectUri if path.startswith("redirect_uris") else InvalidClientMetadata
    return kind(f"{path}: {message}")


def _scoped(client: SelfRegistered, like: Client) -> SelfRegistered:
    """Return the client with the scopes that it asks for and may have; all it may have if it asks for none.

    The default of a file (`openid`) is none here: a registrant that says nothing has not chosen it (RFC 7591 §2).
    """
    refreshes = "refresh_token" in client.grant_types
    allowed = like.scopes if refreshes else like.scopes - {OFFLINE_ACCESS}
    asked = client.scope.split() or like.scope.split()
    return msgspec.structs.replace(client, scope=" ".join(scope for scope in asked if scope in allowed))


def _texts(value: object) -> Iterator[str]:
    """Yield every text in a JSON value."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        yield from value
        yield from _texts(list(value.values()))
    elif isinstance(value, list):
        for entry in value:
            yield from _texts(entry)


def _is_unspeakable(text: str) -> bool:
    """Return whether no database or header takes it: NUL and half characters."""
    return "\0" in text or any("\ud800" <= character <= "\udfff" for character in text)


def _more_than(like: Client, client: Client) -> Iterable[FileFault]:
    for grant in client.grant_types:
        if grant not in like.grant_types:
            yield FileFault("grant_types", f"{grant} is not open to registered clients")
    if len(client.redirect_uris) > MOST_ADDRESSES:
        yield FileFault("redirect_uris", f"at most {MOST_ADDRESSES} are expected: people are shown where they lead")
    if not client.scope:
        yield FileFault("scope", "nothing is left of it")


def _not_served(provider: Provider, client: Client) -> Iterable[FileFault]:
    method = client.token_endpoint_auth_method
    if method not in served_methods(provider.settings) or method == "client_secret_jwt":
        yield FileFault("token_endpoint_auth_method", f"{method} is not open to registered clients")


def _faults(provider: Provider, client: Client) -> Iterable[FileFault]:
    return client_checks.faults(
        client,
        loopback=provider.settings.environment in LOOPBACK_ENVIRONMENTS,
        served=provider.settings.keys.algorithms,
    )


def _check_sector(provider: Provider, client: Client) -> None:
    """OIDC Registration §5: the document at `sector_identifier_uri` lists every redirect address."""
    if not client.sector_identifier_uri:
        return
    # All registrations together have the share of one client: who registers chooses the address.
    recipient = Recipient(
        name="registration", purpose="sector_identifier_uri", allow_private=client.allow_private_addresses
    )
    try:
        found = provider.outbound.fetch(client.sector_identifier_uri, recipient)
        listed = msgspec.json.decode(found, type=list[str])
    except OutboundBusy:
        raise
    except (OutboundFailed, msgspec.MsgspecError) as error:
        raise InvalidClientMetadata("sector_identifier_uri could not be read", detail=str(error)) from error
    if not set(client.redirect_uris) <= set(listed):
        raise InvalidClientMetadata("sector_identifier_uri does not list every redirect_uri")
