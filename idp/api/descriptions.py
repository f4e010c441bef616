"""The API described for machines and people: `/api/v1/openapi.json`, and a page that needs nothing from elsewhere."""

from collections.abc import Callable
from functools import cache

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
    """Return the view of the OpenAPI document."""
    issuer = provider.settings.server.issuer
    return lambda: Response(_document(issuer), headers=PUBLIC, mimetype="application/json")


def reference_view(provider: Provider) -> Callable[[], Response]:
    """Return the view of the reference page."""
    issuer, development = provider.settings.server.issuer, provider.settings.development
    return lambda: put_on_page(
        Response(_reference(issuer, development), headers=PUBLIC, mimetype="text/html"), Sources()
    )


@cache  # made when first asked for: most processes never are, and the start of each is faster for it
def _document(issuer: str) -> bytes:
    return msgspec.json.encode(openapi.document(issuer))


@cache
def _reference(issuer: str, development: bool) -> str:
    environment = Environment(loader=FileSystemLoader(TEMPLATES), autoescape=True)
    return environment.get_template("api/reference.html").render(
        address=issuer + API,
        introduction=openapi.INTRODUCTION.strip().split("\n\n"),
        groups=_groups(),
        scopes=rights.SCOPES,
        problems=problem.ALL,
        namespace=problem.NAMESPACE,
        schemas=openapi.schemas(),
        static=StaticFiles(TEMPLATES / "static", changing=development),
    )


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
