"""An authenticator app is added, a list of recovery codes kept, both are used, and the app is removed."""

from collections.abc import Iterator

from tests.e2e.people import PASSWORD, give_password, insured
from tests.e2e.walks.signing_in import Keys, sign_in
from tests.e2e.walks.visitor import Visitor
from tests.support.authenticators import code_at

PORTAL = "e-services"


def keep(visitor: Visitor, address: str) -> Iterator[str]:
    """From the portal's sign-in to an account with an app and recovery codes, and without the app again."""
    provider = visitor.sites.provider
    person = insured(provider, PORTAL, address=address)
    give_password(provider, person, PASSWORD)
    for _ in sign_in(visitor, Keys(PORTAL, address, PASSWORD)):
        pass
    yield from add_app(visitor)
    yield from keep_codes(visitor)
    yield from remove_app(visitor)


def add_app(visitor: Visitor) -> Iterator[str]:
    visitor.open(f"/add-authenticator?portal={PORTAL}")
    yield "authenticator-announced"
    visitor.press("continue")
    yield "authenticator-app"
    yield from visitor.stumble("authenticator-app", "add-app", code="000000")
    visitor.unfold("no-scan")
    secret = visitor.page.locator("#key").inner_text().replace(" ", "")
    yield "authenticator-app-key"
    visitor.fill(code=code_at(secret, visitor.sites.provider.clock.now()))
    visitor.press("add-app")
    yield "authenticator-added"


def keep_codes(visitor: Visitor) -> Iterator[str]:
    visitor.press("make-codes")
    yield "recovery-codes-announced"
    visitor.press("continue")
    yield "recovery-codes"
    yield from visitor.stumble("recovery-codes", "keep")
    visitor.tick("kept")
    visitor.press("keep")


def remove_app(visitor: Visitor) -> Iterator[str]:
    visitor.open(f"/remove-method?portal={PORTAL}")
    yield "remove-method"
    yield from visitor.stumble("remove-method", "remove")
    visitor.choose("method")
    visitor.press("remove")
