"""`idp_sign_in_total`: operators see how sign-ins end, by method and result, and nobody in particular."""

import pytest
from prometheus_client import REGISTRY

from idp.provider import Provider
from tests.flows.conftest import Account, give_password
from tests.support.authenticators import App, give_app
from tests.support.browser import Browser
from tests.support.clock import MovableClock
from tests.support.inbox import Mailbox

PAGE = "/login?portal=e-services"


@pytest.fixture
def phone(provider: Provider, clock: MovableClock, anne: Account) -> App:
    return give_app(provider, clock, anne.id)


def counted(method: str, result: str) -> float:
    return REGISTRY.get_sample_value("idp_sign_in_total", {"method": method, "result": result}) or 0


def test_a_sign_in_is_counted_by_the_methods_it_used(visitor: Browser, anne: Account, phone: App) -> None:
    before = counted("password+totp", "signed_in")
    visitor.get(PAGE)
    give_password(visitor, anne)

    visitor.fill(code=phone.code()).press("verify")

    assert counted("password+totp", "signed_in") == before + 1


def test_a_wrong_code_of_an_app_is_counted(visitor: Browser, anne: Account, phone: App) -> None:
    before = counted("totp", "refused")
    visitor.get(PAGE)
    give_password(visitor, anne)

    visitor.fill(code="000000").press("verify")

    assert counted("totp", "refused") == before + 1


def test_a_wrong_password_is_counted_whoever_is_meant(visitor: Browser, anne: Account) -> None:
    before = counted("password", "refused")
    for identifier in (anne.address, "nobody@example.ch"):
        visitor.get(PAGE)
        visitor.fill(identifier=identifier, password="certainly not this one").press("sign-in")

    assert counted("password", "refused") == before + 2


def test_a_wrong_mailed_code_is_counted(visitor: Browser, anne: Account, mailbox: Mailbox) -> None:
    before = counted("sms", "refused") + counted("email", "refused")
    visitor.get(PAGE)
    give_password(visitor, anne)

    visitor.fill(code="000000").press("verify")

    assert counted("sms", "refused") + counted("email", "refused") == before + 1
