"""Pages beside the journeys: leaving, devices, consent, companies, what was stopped, what went wrong."""

from collections.abc import Iterator
from urllib.parse import urlencode

import requests

from idp import methods
from idp.organisations import memberships, organisation
from idp.organisations.memberships import Rights
from idp.people import enrolments
from tests.e2e.people import PASSWORD, administrator, give_password, insured
from tests.e2e.walks import migration, recovery
from tests.e2e.walks.signing_in import Keys, sign_in
from tests.e2e.walks.visitor import Visitor
from tests.flows.migrating import former_account

TELEVISION = """
client_id = "television"
client_name = "Télévision"
redirect_uris = ["https://television.example.ch/callback"]
scope = "openid profile email phone"
grant_types = ["authorization_code", "urn:ietf:params:oauth:grant-type:device_code"]
token_endpoint_auth_method = "none"

[policy]
second_step = "never"
methods = []
phone = "off"
sso = "within"
entry = "anyone"
consent = "ask"
"""
"""A client file for these walks: a device, and a portal that asks."""


def be_signed_in(visitor: Visitor, person_id: str, *portals: str) -> None:
    """Give this browser the sessions of a person, without the pages of a sign-in."""
    browser = requests.Session()
    for portal in portals:
        visitor.sites.sign_in(browser, person_id, portal, methods.PASSWORD, "sms")
    cookies = [{"name": c.name, "value": str(c.value), "url": visitor.sites.issuer} for c in browser.cookies]
    visitor.page.context.add_cookies(cookies)  # type: ignore[arg-type]


def leave(visitor: Visitor, address: str) -> Iterator[str]:
    """The confirmation that a logout without a hint asks for, and the end."""
    person = insured(visitor.sites.provider, "e-services", address=address)
    be_signed_in(visitor, person, "e-services")
    visitor.open("/end-session?" + urlencode({"client_id": "e-services"}))
    yield "log-out"
    visitor.press("log-out")
    yield "logged-out"


def connect_devices(visitor: Visitor, address: str) -> Iterator[str]:
    """One device is let in, another is not."""
    be_signed_in(visitor, insured(visitor.sites.provider, address=address), "television")
    visitor.open("/device")
    yield "device-code"
    yield from visitor.stumble("device-code", "continue", code="AAAA AAAA")
    visitor.fill(code=_device_code(visitor))
    visitor.press("continue")
    yield "device-consent"
    visitor.press("allow")
    yield "device"
    visitor.press("allow")
    yield "device-connected"
    visitor.open("/device")
    visitor.fill(code=_device_code(visitor))
    visitor.press("continue")
    visitor.press("deny")
    yield "device-not-connected"


def consent(visitor: Visitor, address: str) -> Iterator[str]:
    """A portal that asks what it may know; then it asks for the password again."""
    person = insured(visitor.sites.provider, address=address)
    give_password(visitor.sites.provider, person, PASSWORD)
    be_signed_in(visitor, person, "television")
    visitor.open(_authorize("television", prompt="consent"))
    yield "consent"
    visitor.open(_authorize("television", prompt="login"))
    yield "password-again"
    yield from visitor.stumble("password-again", "sign-in", password="wrong")


def choose_company(visitor: Visitor, address: str, number: str) -> Iterator[str]:
    """Somebody who acts for two companies."""
    provider = visitor.sites.provider
    person, _ = administrator(provider, address, number)
    give_password(provider, person, PASSWORD)
    with provider.database.transaction() as tx:
        second = organisation.register(tx, fund="AK01", number=number + "9", name="Fiduciaire Blanc & Cie", topics=())
        memberships.join(tx, second.id, person, Rights())
    for name in sign_in(visitor, Keys("connect", address, PASSWORD)):
        if name == "sign-in-code":
            visitor.type_code(channel="sms")
            break
    yield "company"
    yield from visitor.stumble("company", "continue")


def complete(visitor: Visitor, address: str) -> Iterator[str]:
    """A person of whom the portal lacks the form of address, and who has not accepted its terms."""
    provider = visitor.sites.provider
    person = insured(provider, "espace-personnel", address=address, honorific="")
    give_password(provider, person, PASSWORD)
    with provider.database.transaction() as tx:
        enrolments.enrol(tx, person, "e-services", reason="test")
    for name in sign_in(visitor, Keys("e-services", address, PASSWORD)):
        if name == "sign-in-code":
            visitor.type_code(channel="sms")
            break
    yield "details"
    yield from visitor.stumble("details", "continue", given_name="")
    visitor.page.select_option("[name=honorific]", "mrs")
    visitor.fill(given_name="Béatrice")
    visitor.press("continue")
    yield "terms"
    yield from visitor.stumble("terms", "continue")


def stop_migration(visitor: Visitor, identifier: str, address: str) -> Iterator[str]:
    """The known mailbox says « ce n’est pas moi », and what whoever had begun sees then."""
    former_account(visitor.sites.provider, identifier, address)
    for _ in migration.begin(visitor, identifier):
        pass
    begun = visitor.page.url
    visitor.open(visitor.mailbox.last(address, "email").link)
    yield "stop-migration"
    visitor.press("stop")
    yield "migration-stopped"
    visitor.open(begun)
    yield "migration-closed"


def stop_recovery(visitor: Visitor, address: str) -> Iterator[str]:
    """Without a phone the link comes tomorrow, and can be stopped until then."""
    provider = visitor.sites.provider
    give_password(provider, insured(provider, "e-services", address=address, phone=""), PASSWORD)
    visitor.open("/recovery?portal=e-services")
    visitor.fill(identifier=address)
    visitor.press("reset")
    visitor.open(visitor.mailbox.last(address, "email").link)
    yield "stop-recovery"
    visitor.press("stop")
    yield "recovery-stopped"
    visitor.open("/reset?portal=e-services&link=cut")
    yield "link-ended"


def announced_recovery(visitor: Visitor, address: str) -> Iterator[str]:
    """A link at a portal that sends the SMS from a button on the link's page."""
    provider = visitor.sites.provider
    give_password(provider, insured(provider, "connect-assures", address=address), PASSWORD)
    visitor.open("/recovery?portal=connect-assures")
    visitor.fill(identifier=address)
    visitor.press("reset")
    visitor.open(recovery.link_for(visitor, address))
    yield "recovery-announced"


def read_the_inbox(visitor: Visitor, address: str) -> Iterator[str]:
    """The development inbox with a mail in it."""
    insured(visitor.sites.provider, "e-services", address=address, phone="")
    visitor.open("/recovery?portal=e-services")
    visitor.fill(identifier=address)
    visitor.press("reset")
    visitor.mailbox.deliver()
    visitor.open("/_inbox")
    yield "inbox"


def ways_to_an_account(visitor: Visitor) -> Iterator[str]:
    """Where `prompt=create` leads, at each kind of portal."""
    for portal in ("connect-assures", "e-services", "espace-personnel"):
        visitor.open("/registration?" + urlencode({"portal": portal}))
        yield f"way-to-{portal}"


def look_after_users(visitor: Visitor, address: str, number: str) -> Iterator[str]:
    """What the list does not show at first: nobody found, the journal, cancelling, another number, the last one."""
    provider = visitor.sites.provider
    person, company = administrator(provider, address, number)
    otto = insured(provider, "connect", address=f"otto.{address}", given_name="Otto", family_name="Ammann")
    with provider.database.transaction() as tx:
        seat = memberships.join(tx, company, otto, Rights(topics=("salaries",))).id
        nina = memberships.invite(
            tx, company, email=f"nina.{address}", given_name="Nina", family_name="Neu", rights=Rights()
        ).id
        (own,) = (membership.id for membership in memberships.of_person(tx, person))
    be_signed_in(visitor, person, "connect")
    users = f"/organisations/{company}/users"
    pages = {
        "nobody-found": f"{users}?q=nobody",
        "invited-user": f"{users}/{nina}",
        "cancel-invitation": f"{users}/{nina}/cancel",
        "last-administrator": "/edit-user?" + urlencode({"portal": "connect", "user": own}),
        "own-number": "/user-phone?" + urlencode({"portal": "connect", "user": own}),
        "another-number": "/user-phone?" + urlencode({"portal": "connect", "user": seat}),
    }
    for name, page in pages.items():
        visitor.open(page)
        yield name
    yield from visitor.stumble("another-number", "get-code", phone="031 390 23 25")
    visitor.open(f"{users}/{nina}/cancel")
    visitor.press("confirm")
    yield "invitation-cancelled"
    visitor.open(f"{users}/journal")
    yield "journal"


def go_wrong(visitor: Visitor, address: str, number: str) -> Iterator[str]:
    """Lost addresses, a request nobody may be sent back with, pages of others, a form without its cookie."""
    provider = visitor.sites.provider
    _, company = administrator(provider, address, number)
    be_signed_in(visitor, insured(provider, "connect", address=f"otto.{address}"), "connect")
    pages = {
        "not-found": "/nowhere",
        "bad-request": "/authorize?" + urlencode({"client_id": "e-services", "redirect_uri": "https://evil.example"}),
        "forbidden": f"/organisations/{company}/users",
        "dead-link": "/stop-migration?link=cut",
        "too-old": "/authorize/resume?request=cut",
    }
    for name, page in pages.items():
        visitor.open(page)
        yield name
    visitor.open("/recovery?portal=e-services")
    visitor.fill(identifier=address)
    visitor.page.context.clear_cookies()
    visitor.press("reset")
    yield "form-once-more"


def _authorize(client_id: str, **more: str) -> str:
    asked = {
        "client_id": client_id,
        "redirect_uri": f"https://{client_id}.example.ch/callback",
        "response_type": "code",
        "scope": "openid profile email phone",
        "state": "s",
        "code_challenge": "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM",
        "code_challenge_method": "S256",
        **more,
    }
    return "/authorize?" + urlencode(asked)


def _device_code(visitor: Visitor) -> str:
    asked = {"client_id": "television", "scope": "openid profile"}
    answer = requests.post(visitor.sites.issuer + "/device_authorization", data=asked, timeout=10)
    return str(answer.json()["user_code"])
