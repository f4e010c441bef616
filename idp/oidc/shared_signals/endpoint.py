"""The addresses of the transmitter (Shared Signals Framework 1.0 §7, §8; RFC 8936)."""

from typing import Annotated, Literal

import msgspec
from flask import Blueprint, Response

from idp.database import Origin
from idp.events import streams, tokens, transmission
from idp.events.streams import DISABLED, MIN_VERIFICATION_INTERVAL
from idp.oidc import jwks
from idp.oidc.bearer import refuse
from idp.oidc.errors import InvalidRequest, OAuthError, TooManyRequests
from idp.oidc.responses import NOT_CACHED, json_response
from idp.oidc.shared_signals import addresses, configuration, polling, subjects
from idp.oidc.shared_signals.polling import PollRequest
from idp.oidc.shared_signals.receiver import Receiver, admit, body_of, stream_of, tree_of
from idp.oidc.shared_signals.subjects import SubjectRequest
from idp.provider import Provider
from idp.web.application import current_request
from idp.web.origin import origin_of


class StatusRequest(msgspec.Struct):
    """A new status (§8.1.2.2)."""

    stream_id: str
    status: Literal["enabled", "paused", "disabled"]
    reason: Annotated[str, msgspec.Meta(max_length=500)] = ""


class VerificationRequest(msgspec.Struct):
    """A request for a verification event (§8.1.4.2)."""

    stream_id: str
    state: Annotated[str, msgspec.Meta(max_length=1000)] | None = None


def blueprint(provider: Provider) -> Blueprint:
    routes = Blueprint("shared_signals", __name__)
    routes.register_error_handler(OAuthError, refuse)
    body = msgspec.json.encode(addresses.metadata(provider.settings.server.issuer, jwks.ADDRESS))
    routes.add_url_rule(
        addresses.METADATA,
        "describe",
        lambda: Response(body, headers=jwks.PUBLIC, mimetype="application/json"),
    )
    _add_reading(routes, provider)
    _add_configuration(routes, provider)
    _add_status(routes, provider)
    _add_subjects(routes, provider)
    _add_verification(routes, provider)
    _add_polling(routes, provider)
    return routes


def _add_reading(routes: Blueprint, provider: Provider) -> None:
    issuer = provider.settings.server.issuer

    @routes.get(addresses.STREAM)
    def read() -> Response:
        """One stream by its id, or the list of all there are: one or none."""
        receiver = admit(provider, current_request(), manages=False)
        asked = current_request().args.get("stream_id")
        with provider.database.reading() as tx:
            found = streams.find(tx, receiver.client.client_id) if asked is None else stream_of(tx, receiver, asked)
        shown = configuration.configuration_of(issuer, receiver, found) if found is not None else None
        if asked is None:
            return json_response([shown] if shown is not None else [])
        return json_response(shown)


def _add_configuration(routes: Blueprint, provider: Provider) -> None:
    issuer = provider.settings.server.issuer

    @routes.post(addresses.STREAM)
    def create() -> Response:
        receiver = admit(provider, current_request(), manages=True)
        tree = tree_of(current_request())
        with provider.database.transaction(_origin(receiver)) as tx:
            stream = configuration.create(tx, receiver, tree)
            if stream.endpoint:
                transmission.verify(tx, stream)
        return json_response(configuration.configuration_of(issuer, receiver, stream), 201)

    @routes.route(addresses.STREAM, methods=["PATCH", "PUT"])
    def change() -> Response:
        receiver = admit(provider, current_request(), manages=True)
        tree = tree_of(current_request())
        replaces = current_request().method == "PUT"
        with provider.database.transaction(_origin(receiver)) as tx:
            stream = stream_of(tx, receiver, str(tree.get("stream_id", "")))
            stream = configuration.change(tx, issuer, receiver, stream, tree, replaces=replaces)
        return json_response(configuration.configuration_of(issuer, receiver, stream))

    @routes.delete(addresses.STREAM)
    def delete() -> Response:
        receiver = admit(provider, current_request(), manages=True)
        with provider.database.transaction(_origin(receiver)) as tx:
            stream_of(tx, receiver, current_request().args.get("stream_id", ""))
            configuration.delete(tx, receiver)
        return Response(status=204, headers=NOT_CACHED)


def _add_status(routes: Blueprint, provider: Provider) -> None:
    @routes.get(addresses.STATUS)
    def read_status() -> Response:
        receiver = admit(provider, current_request(), manages=False)
        with provider.database.reading() as tx:
            stream = stream_of(tx, receiver, current_request().args.get("stream_id", ""))
        return json_response(_status(stream.stream_id, stream.status, stream.reason))

    @routes.post(addresses.STATUS)
    def set_status() -> Response:
        """Events that a paused stream has kept leave when it is enabled; a disabled one keeps none."""
        receiver = admit(provider, current_request(), manages=True)
        asked = body_of(current_request(), StatusRequest)
        with provider.database.transaction(_origin(receiver)) as tx:
            stream_of(tx, receiver, asked.stream_id)
            streams.change(tx, receiver.client.client_id, status=asked.status, reason=asked.reason)
            transmission.settle(tx, stream_of(tx, receiver, asked.stream_id))
        return json_response(_status(asked.stream_id, asked.status, asked.reason))


def _add_subjects(routes: Blueprint, provider: Provider) -> None:
    issuer = provider.settings.server.issuer

    @routes.post(addresses.ADD_SUBJECT)
    def add_subject() -> Response:
        receiver = admit(provider, current_request(), manages=True)
        asked = body_of(current_request(), SubjectRequest)
        with provider.database.transaction(_origin(receiver)) as tx:
            stream_of(tx, receiver, asked.stream_id)
            if person_id := subjects.person_of(tx, issuer, receiver, asked.subject):
                streams.include(tx, receiver.client.client_id, person_id)
        return Response(status=200, headers=NOT_CACHED)

    @routes.post(addresses.REMOVE_SUBJECT)
    def remove_subject() -> Response:
        receiver = admit(provider, current_request(), manages=True)
        asked = body_of(current_request(), SubjectRequest)
        with provider.database.transaction(_origin(receiver)) as tx:
            stream_of(tx, receiver, asked.stream_id)
            if person_id := subjects.person_of(tx, issuer, receiver, asked.subject):
                streams.exclude(tx, receiver.client.client_id, person_id)
        return Response(status=204, headers=NOT_CACHED)


def _add_verification(routes: Blueprint, provider: Provider) -> None:
    @routes.post(addresses.VERIFICATION)
    def verify() -> Response:
        receiver = admit(provider, current_request(), manages=True)
        asked = body_of(current_request(), VerificationRequest)
        with provider.database.transaction(_origin(receiver)) as tx:
            stream = stream_of(tx, receiver, asked.stream_id)
            if stream.status == DISABLED:
                raise InvalidRequest("the stream is disabled: enable it first")
            if not streams.ask_verification(tx, receiver.client.client_id):
                wait = str(int(MIN_VERIFICATION_INTERVAL.total_seconds()))
                raise TooManyRequests("the stream was verified a moment ago", headers={"Retry-After": wait})
            transmission.verify(tx, stream, state=asked.state)
        return Response(status=204, headers=NOT_CACHED)


def _add_polling(routes: Blueprint, provider: Provider) -> None:
    @routes.post(f"{addresses.POLL}/<stream_id>")
    def poll(stream_id: str) -> Response:
        receiver = admit(provider, current_request(), manages=False)
        asked = body_of(current_request(), PollRequest)
        with provider.database.transaction(_origin(receiver)) as tx:
            stream = stream_of(tx, receiver, stream_id)
            found, more = polling.take(tx, receiver, asked, stream)
        issuer = provider.settings.server.issuer
        sets = {e.id: tokens.signed(provider.signing_keys, issuer, receiver.client, e.content) for e in found}
        return json_response({"sets": sets, "moreAvailable": more})


def _status(stream_id: str, status: str, reason: str) -> dict[str, str]:
    return {"stream_id": stream_id, "status": status, **({"reason": reason} if reason else {})}


def _origin(receiver: Receiver) -> Origin:
    return origin_of(current_request(), client_id=receiver.client.client_id)
