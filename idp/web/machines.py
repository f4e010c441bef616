"""Endpoints that programs speak to: which requests are theirs, also where no view was found for them.

Their answers are JSON. An empty one has no content type, because some programs stop at `text/html`.
"""

from collections.abc import Container

from flask import Flask, Request, Response
from werkzeug.exceptions import MethodNotAllowed

from idp.web.application import current_request


def is_for_one(app: Flask, request: Request, blueprints: Container[str]) -> bool:
    """Return whether the address belongs to one of these blueprints, whatever the method."""
    if request.endpoint:
        return request.blueprint in blueprints
    refused = request.routing_exception
    adapter = app.create_url_adapter(request)
    if not isinstance(refused, MethodNotAllowed) or adapter is None:
        return False
    endpoints = [str(adapter.match(method=method)[0]) for method in refused.valid_methods or ()]
    return any(endpoint.rpartition(".")[0] in blueprints for endpoint in endpoints)


def asks(app: Flask, request: Request, blueprints: Container[str]) -> bool:
    """Return whether a program asks: at one of these blueprints, or at no address at all and without wanting HTML."""
    nowhere = not request.endpoint and not request.accept_mimetypes.accept_html
    return nowhere or is_for_one(app, request, blueprints)


def install(app: Flask, blueprints: Container[str]) -> None:
    """Remove the content type from their empty answers."""

    def without_type(response: Response) -> Response:
        if is_for_one(app, current_request(), blueprints):
            drop_type_of_empty(response)
        return response

    app.after_request(without_type)


def drop_type_of_empty(response: Response) -> None:
    """Take the type off an answer that has no body."""
    if not response.get_data():
        response.headers.pop("Content-Type", None)
