"""What people meet who lost something, or had it taken: a number on the way, an undone theft, changes that wait."""

from collections.abc import Iterator

import sqlalchemy as sa

from idp.actions.actor import Actor
from idp.actions.emails import change_email
from idp.actions.lost_mailbox import begin_email_replacement
from idp.credentials import authenticator_apps, passwords
from idp.notices.notice import Occasion
from idp.people import accounts
from idp.people.email_replacements import EmailReplacement
from tests.e2e.people import PASSWORD, give_password, insured
from tests.e2e.walks.aside import be_signed_in
from tests.e2e.walks.visitor import Visitor
from tests.support import people

STRICT = """
client_id = "strict"
client_name = "Coffre"
redirect_uris = ["https://coffre.example.ch/callback"]
scope = "openid"
token_endpoint_auth_method = "none"

[policy]
methods = ["totp", "passkey", "sms"]
enrol_on_the_way = true
phone = "optional"
entry = "anyone"
"""
"""A client file for these walks: a portal that takes no code by mail, and lets people add a method on the way."""


def lose(visitor: Visitor, address: str) -> Iterator[str]:
    provider = visitor.sites.provider
    person = insured(provider, "e-services", address=address, phone="")
    give_password(provider, person, PASSWORD)
    with provider.database.transaction() as tx:
        accounts.note_sign_in(tx, person)
    visitor.open("/lost-access?portal=e-services")
    yield "lost-access"
    yield from enrol(visitor, address)
    yield from undo_theft(visitor, person, address)
    yield from replace_mailbox(visitor, person, address)
    yield from wait(visitor, person)


def enrol(visitor: Visitor, address: str) -> Iterator[str]:
    """A mobile number on the way, up to the code that proves it."""
    visitor.open("/login?portal=strict")
    visitor.fill(identifier=address, password=PASSWORD)
    visitor.press("sign-in")
    yield "enrolment"
    visitor.press("add-sms")
    yield "enrolment-proof"
    visitor.type_code(address, "email")
    yield "enrolment-phone"
    yield from visitor.stumble("enrolment-phone", "get-code", phone="079")
    visitor.fill(phone="079 555 66 77")
    visitor.press("get-code")
    yield "enrolment-code"
    yield from visitor.stumble("enrolment-code", "verify", code="000000")


def undo_theft(visitor: Visitor, person: str, address: str) -> Iterator[str]:
    """From the mail about another address to an account without the thief's app."""
    provider = visitor.sites.provider
    with provider.database.transaction() as tx:
        authenticator_apps.install(tx, person, name="Téléphone", secret="JBSWY3DPEHPK3PXP" * 2)
    with provider.database.transaction() as tx:
        at = Occasion(client_id="e-services", issuer=visitor.sites.issuer)
        assert change_email(tx, person, people.email(f"thief-{address}"), at, by=Actor.person(person)) is None
    visitor.open(visitor.mailbox.last(address, "email").link)
    visitor.press("undo")
    yield "undone"
    visitor.press("methods")
    yield "misuse-announced"
    visitor.press("get-code")
    visitor.type_code(address, "email")
    yield "misuse"
    visitor.press("protect")
    yield "added-methods"
    visitor.choose("methods")
    visitor.press("continue")
    yield "account-protected"


def replace_mailbox(visitor: Visitor, person: str, address: str) -> Iterator[str]:
    """The two links of a lost mailbox: the old one keeps it, the new one waits and is confirmed."""
    provider, new = visitor.sites.provider, f"new-{address}"
    registry, by = provider.registry.current(), Actor.operator("walk")
    with provider.database.transaction() as tx:
        given = {"by": by, "reason": "walk", "identity": "passport"}
        begin_email_replacement(tx, registry, person, people.email(new), visitor.sites.issuer, **given)
    visitor.open(visitor.mailbox.last(address, "email").link)
    yield "keep-address"
    link = visitor.mailbox.last(new, "email").link
    visitor.open(link)
    yield "new-address-waits"
    with provider.database.transaction() as tx:
        tx.execute(sa.update(EmailReplacement).values(opens_at=tx.now))
    visitor.open(link)
    yield "new-address-announced"
    visitor.press("continue")
    yield "new-address-code"
    visitor.type_code(new, "email")
    yield "address-replaced"
    visitor.open(link)
    yield "new-address-over"


def wait(visitor: Visitor, person: str) -> Iterator[str]:
    """After a recovery, what has to wait and what does not."""
    provider = visitor.sites.provider
    hashed = provider.hasher.hash(PASSWORD)
    with provider.database.transaction() as tx:
        passwords.recover(tx, person, hashed, floor=12, reason="recovery", by_mailbox_alone=False)
    be_signed_in(visitor, person, "e-services")
    visitor.open("/change-email?portal=e-services")
    yield "changes-wait"
