"""A person's own pages: everything is looked at, and what can be changed is changed."""

from collections.abc import Iterator

from tests.e2e.people import PASSWORD, give_password, insured
from tests.e2e.walks.signing_in import Keys, sign_in
from tests.e2e.walks.visitor import Visitor
from tests.flows.account.conftest import elsewhere

PORTAL = "e-services"


def look_after(visitor: Visitor, address: str) -> Iterator[str]:
    """From the portal's sign-in through every page of the account."""
    yield from look_around(visitor, address)
    yield from sign_out_elsewhere(visitor)


def look_around(visitor: Visitor, address: str) -> Iterator[str]:
    provider = visitor.sites.provider
    person = insured(provider, PORTAL, address=address)
    give_password(provider, person, PASSWORD)
    for _ in sign_in(visitor, Keys(PORTAL, address, PASSWORD)):
        pass
    elsewhere(provider, person, [PORTAL])
    visitor.open(f"/account?portal={PORTAL}")
    yield "overview"
    visitor.unfold("address")


def sign_out_elsewhere(visitor: Visitor) -> Iterator[str]:
    visitor.open(f"/account/devices?portal={PORTAL}")
    yield "devices"
    visitor.follow("Déconnecter cet appareil")
    yield "sign-out-there"
    visitor.press("sign-out-there")
    yield "signed-out-there"
