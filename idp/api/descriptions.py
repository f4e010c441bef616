"""The API described for machines and people: `/api/v1/openapi.json`, and a page that needs nothing from elsewhere."""

from collections.abc import Callable

import msgspec
from flask import Response
from jinja2 import Environment, FileSystemLoader

from idp.api import openapi, problem, rights
from idp.api.operation import Nothing, Operation
from idp.api.routes import OPERATIONS
from idp.oidc.token.resource_indicators import API
from idp.provider import Provider
from idp.resources import TEMPLATES
from idp.web.headers import Sources, put_on_page
from idp.web.static_files import StaticFiles

PUBLIC = {"Cache-Control": "public, max-age=300"}


def openapi_view(provider: Provider) -> Callable[[], Response]:
    """Return the view of the OpenAPI document, which is the same as long as the process."""
    body = msgspec.json.encode(openapi.document(provider.settings.server.issuer))
    return lambda: Response(body, headers=PUBLIC, mimetype="application/json")


def reference_view(provider: Provider) -> Callable[[], Response]:
    """Return the view of the reference page."""
    environment = Environment(loader=FileSystemLoader(TEMPLATES), autoescape=True)
    body = environment.get_template("api/reference.html").render(
        address=provider.settings.server.issuer + API,
        introduction=openapi.INTRODUCTION.strip().split("\n\n"),
        groups=_groups(),
        scopes=rights.SCOPES,
        problems=problem.ALL,
        namespace=problem.NAMESPACE,
        schemas=openapi.schemas(),
        static=StaticFiles(TEMPLATES / "static", changing=provider.settings.development),
    )
    return lambda: put_on_page(Response(body, headers=PUBLIC, mimetype="text/html"), Sources())


def _groups() -> dict[str, list[dict[str, object]]]:
    found: dict[str, list[dict[str, object]]] = {}
    for each in OPERATIONS:
        found.setdefault(openapi.tag_of(each), []).append(_described(each))
    return found


def _described(each: Operation) -> dict[str, object]:
    return {
        "operation": each,
        "body": "" if each.body is Nothing else openapi.name_of(each.body),
        "answer": "" if each.answer is None else openapi.name_of(each.answer),
        "refusals": openapi.refusals_of(each),
    }
