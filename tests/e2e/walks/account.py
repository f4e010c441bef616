"""A person's own pages: everything is looked at, and what can be changed is changed."""

from collections.abc import Iterator

import sqlalchemy as sa

from idp.credentials import authenticator_apps
from idp.grants import consents
from idp.organisations import memberships, organisation
from idp.organisations.memberships import Rights
from idp.people.emails import EmailAddress
from tests.e2e.people import PASSWORD, give_password, insured
from tests.e2e.walks.signing_in import Keys, sign_in
from tests.e2e.walks.visitor import Visitor
from tests.flows.account.conftest import elsewhere
from tests.support.authenticators import SECRET

PORTAL = "e-services"
NEW_PASSWORD = "sept petits mots bien plus longs"


def look_after(visitor: Visitor, address: str) -> Iterator[str]:
    """From the portal's sign-in through every page of the account."""
    yield from look_around(visitor, address)
    yield from sign_out_elsewhere(visitor)
    yield from change_email(visitor, address)
    yield from change_phone(visitor)
    yield from withdraw(visitor, address)
    yield from raise_alarm(visitor)


def decide(visitor: Visitor, address: str) -> Iterator[str]:
    """From the portal's sign-in through what a person decides about their account, up to its deletion."""
    person = signed_in(visitor, address)
    yield from choose_language(visitor)
    yield from name_method(visitor, person)
    yield from leave_company(visitor, person)
    yield from take_data(visitor)
    yield from delete_account(visitor, address)


def choose_language(visitor: Visitor) -> Iterator[str]:
    visitor.open(f"/account?portal={PORTAL}")
    visitor.press("change-language")
    yield "language"
    spoken = visitor.page.locator("html").get_attribute("lang")
    visitor.page.check(f"[name=language][value={spoken}]")
    visitor.press("save")
    yield "language-saved"


def name_method(visitor: Visitor, person: str) -> Iterator[str]:
    """An app gets another name."""
    with visitor.sites.provider.database.transaction() as tx:
        app = authenticator_apps.install(tx, person, name="Mon téléphone", secret=SECRET)
    visitor.open(f"/account/security?portal={PORTAL}")
    yield "methods"
    visitor.press(f"rename-{app}")
    yield "rename"
    yield from visitor.stumble("rename", "save", name="")
    visitor.fill(name="Ancien téléphone")
    visitor.press("save")
    yield "renamed"


def leave_company(visitor: Visitor, person: str) -> Iterator[str]:
    with visitor.sites.provider.database.transaction() as tx:
        company = organisation.register(tx, fund="AK01", number=person[-12:], name="Menuiserie Favre SA")
        memberships.join(tx, company.id, person, Rights())
    visitor.open(f"/account/portals?portal={PORTAL}")
    yield "companies"
    visitor.press("leave-1")
    yield "leave-company"
    visitor.press("leave")
    yield "left-company"


def take_data(visitor: Visitor) -> Iterator[str]:
    visitor.open(f"/account/data?portal={PORTAL}")
    yield "data"
    visitor.press("download-data")
    yield "copy-of-data"
    visitor.press("make")
    yield "copy-ready"


def delete_account(visitor: Visitor, address: str) -> Iterator[str]:
    """Asked for, and stopped by the link of the mail."""
    visitor.open(f"/account/data?portal={PORTAL}")
    visitor.press("delete-account")
    yield "delete-account"
    visitor.press("delete")
    yield "deletion-planned"
    visitor.open(visitor.mailbox.last(address, "email").link)
    yield "keep-account"
    visitor.press("keep")
    yield "account-kept"
    visitor.mailbox.deliver()


def signed_in(visitor: Visitor, address: str) -> str:
    """Sign a new person in at the portal; returns their id."""
    person = insured(visitor.sites.provider, PORTAL, address=address)
    give_password(visitor.sites.provider, person, PASSWORD)
    for _ in sign_in(visitor, Keys(PORTAL, address, PASSWORD)):
        pass
    return person


def look_around(visitor: Visitor, address: str) -> Iterator[str]:
    provider, person = visitor.sites.provider, signed_in(visitor, address)
    elsewhere(provider, person, [PORTAL])
    visitor.open(f"/account?portal={PORTAL}")
    yield "overview"
    visitor.unfold("address")
    for name in ("security", "activity", "portals"):
        visitor.open(f"/account/{name}?portal={PORTAL}")
        yield name


def sign_out_elsewhere(visitor: Visitor) -> Iterator[str]:
    visitor.open(f"/account/devices?portal={PORTAL}")
    yield "devices"
    visitor.follow_link("sign-out-elsewhere")
    yield "sign-out-there"
    visitor.press("sign-out-there")
    yield "signed-out-there"


def change_email(visitor: Visitor, old: str) -> Iterator[str]:
    """Another address; who reads the old mailbox looks at the page that would undo it."""
    visitor.open(f"/account/security?portal={PORTAL}")
    visitor.press("change-email")
    yield "new-email"
    yield from visitor.stumble("new-email", "get-code", email="anne")
    visitor.fill(email=f"new-{old}")
    visitor.press("get-code")
    yield "new-email-code"
    yield from visitor.stumble("new-email-code", "verify", code="000000")
    visitor.type_code(f"new-{old}", "email")
    yield "email-changed"
    visitor.open(visitor.mailbox.last(old, "email").link)
    yield "undo-email-change"


def change_phone(visitor: Visitor) -> Iterator[str]:
    visitor.open(f"/account/security?portal={PORTAL}")
    visitor.press("change-phone")
    yield "new-phone"
    yield from visitor.stumble("new-phone", "get-code", phone="021 613 35 67")
    visitor.fill(phone="079 555 66 77")
    visitor.press("get-code")
    visitor.type_code(channel="sms")
    yield "phone-changed"


def withdraw(visitor: Visitor, old: str) -> Iterator[str]:
    """Take back what a portal was allowed to know."""
    with visitor.sites.provider.database.transaction() as tx:
        [person] = tx.session.scalars(sa.select(EmailAddress.person_id).where(EmailAddress.address == f"new-{old}"))
        consents.grant(tx, person, "connect", ["openid", "email", "phone"])
    visitor.open(f"/account/portals?portal={PORTAL}")
    yield "portals-and-consent"
    visitor.press("withdraw-1")
    yield "withdraw"
    visitor.press("withdraw")
    yield "withdrawn"


def raise_alarm(visitor: Visitor) -> Iterator[str]:
    """« Ce n'était pas moi », from the first line of the activity."""
    visitor.open(f"/account/activity?portal={PORTAL}")
    visitor.follow_link("emergency?")
    yield "alarm"
    visitor.press("protect")
    visitor.mailbox.deliver()  # the notices arrive before anybody else waits for a code
    yield "alarm-password"
    yield from visitor.stumble("alarm-password", "continue", new_password="kurz", new_password_again="kurz")
    visitor.fill(new_password=NEW_PASSWORD, new_password_again=NEW_PASSWORD)
    visitor.press("continue")
    yield "protected"
    visitor.mailbox.deliver()
