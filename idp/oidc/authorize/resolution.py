"""Resolve where an authorization request really is: in the address, pushed before, or in a request object."""

from idp.clients.client import Client
from idp.grants import pushed_requests
from idp.grants.pushed_requests import PREFIX
from idp.grants.raw_parameters import RawParameters
from idp.oidc.errors import InvalidRequest, InvalidRequestUri, RequestUriNotSupported
from idp.oidc.request_object import read_object
from idp.outbound.client import OutboundBusy, Recipient
from idp.outbound.exchange import OutboundFailed
from idp.provider import Provider

MEDIA_TYPE = "application/oauth-authz-req+jwt"


def resolve_request_object(provider: Provider, client: Client, sent: RawParameters) -> RawParameters:
    """Return the request that `sent` stands for. May fetch: never call it in a transaction.

    Raises `InvalidRequestUri`, `InvalidRequestObject`, `RequestNotSupported`, `RequestUriNotSupported`, or
    `InvalidRequest` for both at once (RFC 9101 §5), and `OutboundBusy` where the address may not be asked now.
    """
    request_uri, by_value = sent.get("request_uri"), sent.get("request")
    if not (request_uri or by_value):
        return sent
    if {"request", "request_uri"} & sent.repeated or (request_uri and by_value):
        raise InvalidRequest("one request or one request_uri may be sent")
    if request_uri.startswith(PREFIX):
        return _pushed(provider, request_uri, client)
    return read_object(provider, client, by_value or _fetched(provider, client, request_uri))


def _pushed(provider: Provider, request_uri: str, client: Client) -> RawParameters:
    """RFC 9126 §4: other parameters in the address are ignored."""
    with provider.database.reading() as tx:
        found = pushed_requests.find(tx, request_uri, client_id=client.client_id)
    if found is None:
        raise InvalidRequestUri("request_uri is unknown, expired or used")
    return found


def _fetched(provider: Provider, client: Client, request_uri: str) -> str:
    """OIDC Core §6.2: only from an address that the client registered, so that nobody can make us call others."""
    if not client.request_uris:
        raise RequestUriNotSupported("this client has registered no request_uri")
    if request_uri.partition("#")[0] not in {known.partition("#")[0] for known in client.request_uris}:
        raise InvalidRequestUri("request_uri is not registered for this client")
    recipient = Recipient(name=client.client_id, purpose="request_uri", allow_private=client.allow_private_addresses)
    try:
        body = provider.outbound.fetch(request_uri, recipient, accept=MEDIA_TYPE)
        return body.decode("ascii").strip()
    except OutboundBusy:
        raise
    except (OutboundFailed, UnicodeDecodeError) as error:
        raise InvalidRequestUri("request_uri could not be read", detail=str(error)) from error
