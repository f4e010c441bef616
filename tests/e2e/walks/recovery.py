"""Journey D: from « code d'accès oublié » at espace-personnel to the sign-in with the new one."""

from collections.abc import Iterator

from tests.e2e.walks.signing_in import Keys, give_keys
from tests.e2e.walks.visitor import Visitor

NEW = "une autre phrase bien longue"
BORN = "16/07/1956"


def recover(visitor: Visitor, identifier: str, address: str) -> Iterator[str]:
    """In one browser, up to the portal's greeting."""
    yield from ask(visitor, identifier)
    visitor.open(link_for(visitor, address))
    yield "new-password"
    yield from visitor.stumble("new-password", "replace", code="zzzzz", new_password=NEW, new_password_again=NEW)
    yield from replace(visitor)
    visitor.press("to-portal")
    yield from give_keys(visitor, Keys("espace-personnel", address, NEW))


def ask(visitor: Visitor, identifier: str) -> Iterator[str]:
    """From the portal to the page that is the same for everybody."""
    visitor.open(visitor.sites.url("espace-personnel") + "/login")
    visitor.follow_link("/recovery?")
    yield "request"
    yield from visitor.stumble("request", "reset", identifier="", birth_date="hier")
    visitor.fill(identifier=identifier, birth_date=BORN)
    visitor.press("reset")
    yield "requested"


def replace(visitor: Visitor) -> Iterator[str]:
    """From the page of the link to the success."""
    visitor.fill(code=visitor.mailbox.last(channel="sms").code, new_password=NEW, new_password_again=NEW)
    visitor.press("replace")
    visitor.mailbox.deliver()  # the confirmation: so that no later message can be older than it
    yield "replaced"


def link_for(visitor: Visitor, address: str) -> str:
    """The newest mailed link of this person."""
    return visitor.mailbox.last(address, "email").link
