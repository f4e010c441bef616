"""Journey B.2: an administrator lets somebody in, ends the access of a leaver, and lets a directory do so."""

from collections.abc import Iterator

from tests.e2e.people import PASSWORD as ADMINISTRATORS
from tests.e2e.walks.signing_in import Keys, give_keys, sign_in
from tests.e2e.walks.visitor import Visitor
from tests.flows.registrations import PASSWORD

PHONE = "079 444 55 66"


def to_users(visitor: Visitor, administrator: str) -> Iterator[str]:
    """From the portal's sign-in to « Gestion des utilisateurs », through the portal's menu."""
    for _ in sign_in(visitor, Keys("connect", administrator, ADMINISTRATORS)):
        pass
    visitor.activate(visitor.page.locator("details.menu summary"))
    visitor.follow_link("/users")
    yield "users"


def invite(visitor: Visitor, administrator: str, address: str) -> Iterator[str]:
    """From the portal to the list with the new person in it."""
    yield from to_users(visitor, administrator)
    visitor.press("new-user")
    yield "new-user-email"
    yield from visitor.stumble("new-user-email", "continue", email="luca")
    visitor.fill(email=address)
    visitor.press("continue")
    yield "new-user-name"
    yield from visitor.stumble("new-user-name", "create", family_name="")
    visitor.fill(given_name="Luca", family_name="Bernasconi")
    visitor.press("create")
    yield "new-user-phone"
    yield from visitor.stumble("new-user-phone", "get-code", phone="031 390 23 25")
    visitor.fill(phone=PHONE)
    visitor.press("get-code")
    yield "spoken-code"
    yield from visitor.stumble("spoken-code", "verify", code="AAAA BBBB")
    visitor.type_code(channel="sms")
    yield "rights"
    yield from visitor.stumble("rights", "save")
    visitor.choose("topics")
    visitor.press("save")
    yield "invited"
    visitor.press("to-users")
    yield "users-and-invited"


def accept(visitor: Visitor, address: str) -> Iterator[str]:
    """The invited person, elsewhere: from the mailed link to the portal's greeting."""
    mail = visitor.mailbox.last(address, "email")
    visitor.open(mail.link)
    yield "member-code"
    yield from visitor.stumble("member-code", "continue", code="AAAA BBBB CCCC")
    visitor.fill(code=mail.code)
    visitor.press("continue")
    yield "account"
    visitor.fill(given_name="Luca", family_name="Bernasconi", new_password=PASSWORD, new_password_again=PASSWORD)
    visitor.tick("terms")
    visitor.press("continue")
    yield "review"
    visitor.press("create")
    yield from give_keys(visitor, Keys("connect", address, PASSWORD))


def deactivate(visitor: Visitor, name: str) -> Iterator[str]:
    """From the list, by the person's line (« Bernasconi, Luca »)."""
    visitor.follow(name)
    yield "user"
    visitor.press("edit")
    yield "edit-user"
    visitor.tick("deactivated")
    visitor.press("save")
    yield "deactivate-user"
    visitor.press("deactivate")
    yield "user-deactivated"


def automate(visitor: Visitor) -> Iterator[str]:
    """From a user's page: « Gestion automatique des utilisateurs », a token for the directory, and its end."""
    visitor.follow_link("/users")
    visitor.activate(visitor.page.locator(".tools .menu summary"))
    visitor.follow_link("/directory")
    yield "directory-none"
    visitor.press("new-token")
    yield "new-token"
    yield from visitor.stumble("new-token", "continue", token_name="")
    visitor.fill(token_name="Entra ID")
    visitor.press("continue")
    yield "keep-token"
    yield from visitor.stumble("keep-token", "create")
    visitor.tick("kept")
    visitor.press("create")
    yield "directory"
    visitor.follow_link("/revoke")
    yield "revoke-token"
    visitor.press("confirm")
    yield "token-revoked"
