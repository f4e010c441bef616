"""`/<fund>/register`: the address on letters and in invitations, typed by hand or read from the QR code (C-01, C-25).

It leads to the first page of the portal's registration; an authorization request in the address travels on. Half of the
address, `/<fund>` or `/register`, leads to the list of funds.
"""

from urllib.parse import urlencode

from flask import Blueprint, Response, request

from flows.engine.page_request import CLIENT_PARAMETER, FUND_PARAMETER
from flows.registration import ACTIVATION, INVITATION
from idp.clients.brand import Fund
from idp.clients.client import Client
from idp.clients.registry import Registry
from idp.interaction import PARAMETER
from idp.provider import Provider
from idp.web import branding


def blueprint(provider: Provider) -> Blueprint:
    """The address of every fund, however it is written; an unknown fund is answered by the list of them."""
    pages = Blueprint("register_address", __name__)

    def register(fund: str, **_spelling: str) -> Response:
        registry = provider.registry.current()
        client = registry.client_of_fund(fund)
        return _funds(provider, registry) if client is None else _begin(client, fund)

    def half_an_address(**_spelling: str) -> Response:
        return _funds(provider, provider.registry.current(), is_known=True)

    def code_alone() -> Response | None:
        """Answer the code of a fund at an address of no page: a rule for every word would say that each is one."""
        registry, word = provider.registry.current(), request.path.strip("/")
        is_half = request.endpoint is None and request.method == "GET" and registry.client_of_fund(word) is not None
        return half_an_address() if is_half else None

    word = "<any(register, Register, REGISTER):spelling>"
    pages.add_url_rule(f"/<fund>/{word}", "register", register, methods=["GET"], strict_slashes=False)
    pages.add_url_rule(f"/{word}", "half_an_address", half_an_address, methods=["GET"], strict_slashes=False)
    pages.before_app_request(code_alone)
    return pages


def _begin(client: Client, fund: str) -> Response:
    journey = INVITATION if client.policy.entry == "membership" else ACTIVATION
    sealed = request.args.get(PARAMETER, "")
    asked = {PARAMETER: sealed} if sealed else {CLIENT_PARAMETER: client.client_id}
    if len(client.funds) > 1:
        asked[FUND_PARAMETER] = fund.upper()
    return Response(status=303, headers={"Location": f"/{journey.name}?{urlencode(asked)}"})


def _funds(provider: Provider, registry: Registry, *, is_known: bool = False) -> Response:
    """Return every fund with its address and its helpdesk: help, not an error, for a mistyped one (C-25)."""
    theme = branding.theme(provider, request, brand=registry.neutral_brand)
    funds = _by_name(registry, theme.language)
    return provider.pages.page(theme, "pages/funds.html", funds=funds, is_known=is_known)


def _by_name(registry: Registry, language: str) -> list[Fund]:
    funds = [fund for client in registry.clients for fund in client.funds]
    return sorted(funds, key=lambda fund: fund.name_in(language).casefold())
