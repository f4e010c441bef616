"""A password that a thief knows is worthless from the moment in which the desk says so."""

import pytest

from idp.actions import passwords
from idp.actions.actor import Actor
from idp.notices.notice import Occasion
from idp.provider import Provider
from tests.flows.conftest import Account, give_password, sign_in, stranger, visitor
from tests.flows.recovering import NEW, ask, customer, finish, open_link
from tests.support.browser import Browser
from tests.support.inbox import Mailbox

__all__ = ["stranger", "visitor"]

pytestmark = pytest.mark.both_databases


def retire(provider: Provider, account: Account) -> int | None:
    with provider.database.transaction() as tx:
        occasion = Occasion(client_id="e-services", issuer="http://localhost")
        return passwords.require_new_password(tx, account.id, occasion, by=Actor.clerk("anna"), reason="test")


def test_it_signs_nobody_in_and_what_it_opened_is_closed(
    provider: Provider, stranger: Browser, mailbox: Mailbox
) -> None:
    """ASVS 6.2.10"""
    anne = customer(provider, "e-services")
    sign_in(stranger, anne, mailbox)

    assert retire(provider, anne) == 1

    stranger.get("/login?portal=e-services")
    stranger.fill(identifier=anne.address, password=anne.password).press("sign-in")
    assert stranger.page.errors


def test_nor_who_has_given_it_and_not_yet_the_code(provider: Provider, stranger: Browser, mailbox: Mailbox) -> None:
    anne = customer(provider, "e-services")
    stranger.get("/login?portal=e-services")
    give_password(stranger, anne)
    code = mailbox.last(channel="sms").code

    retire(provider, anne)
    stranger.fill(code=code).press("verify")

    assert not any(name.startswith("session") for name in stranger.cookies)


def test_its_owner_recovers_and_may_not_choose_it_again(provider: Provider, visitor: Browser, mailbox: Mailbox) -> None:
    """D-16"""
    anne = customer(provider, "e-services")
    retire(provider, anne)
    mailbox.deliver()
    ask(visitor, "e-services", anne.address)
    open_link(visitor, mailbox)
    code = mailbox.last(to=anne.phone, channel="sms").code

    finish(visitor, mailbox, code, anne.password)
    assert visitor.page.by_id("new_password-error") is not None
    finish(visitor, mailbox, code, NEW)

    assert visitor.page.by_id("to-portal") is not None
    visitor.get("/login?portal=e-services")
    give_password(visitor, Account(anne.id, password=NEW))
