"""Who walks what for the pictures: every journey with a person of its own."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from idp.organisations import memberships
from idp.organisations.memberships import Rights
from tests.e2e.people import PASSWORD, administrator, customer, give_password, insured
from tests.e2e.walks import (
    account,
    aside,
    authenticators,
    desk,
    losses,
    migration,
    organisation,
    recovery,
    registration,
    signing_in,
)
from tests.e2e.walks.signing_in import Keys
from tests.e2e.walks.visitor import Visitor
from tests.flows.migrating import IDENTIFIER, former_account
from tests.flows.registrations import Letters


@dataclass(frozen=True)
class Journey:
    title: str
    walk: Callable[[Visitor], Iterator[str]]


def sign_in(visitor: Visitor) -> Iterator[str]:
    person = insured(visitor.sites.provider, "e-services", "espace-personnel")
    give_password(visitor.sites.provider, person, PASSWORD)
    yield from signing_in.sign_in(visitor, Keys("e-services", "anne.rochat@example.ch", PASSWORD))
    visitor.press("log-out")
    yield "signed-out"


def sign_in_without_code(visitor: Visitor) -> Iterator[str]:
    """« Je n'ai pas reçu de code », and where a lost page leads."""
    person = insured(visitor.sites.provider, "espace-personnel", address="marc.dubois@example.ch")
    give_password(visitor.sites.provider, person, PASSWORD)
    for name in signing_in.sign_in(visitor, Keys("espace-personnel", "marc.dubois@example.ch", PASSWORD)):
        if name == "sign-in-code":
            visitor.unfold("not-received")
            yield "code-not-received"
            break
    for name, address in {"lost": "/migration/0192-lost", "unknown-fund": "/AK99/register", "front": "/"}.items():
        visitor.open(address)
        yield name


def migrate(visitor: Visitor) -> Iterator[str]:
    former_account(visitor.sites.provider)
    yield from migration.migrate(visitor, IDENTIFIER, "luc.perrin@example.ch")


def attach(visitor: Visitor) -> Iterator[str]:
    """A second identifier of somebody who has an account already (A-27, A-28)."""
    provider = visitor.sites.provider
    give_password(provider, insured(provider, "e-services", address="lea.perrin@example.ch"), PASSWORD)
    former_account(provider, "CVCI00009999")
    for _ in migration.to_email_code(visitor, "CVCI00009999", "lea.perrin@example.ch"):
        pass
    visitor.type_code("lea.perrin@example.ch", "email")
    yield "attach-account"
    yield from visitor.stumble("attach-account", "sign-in", password="wrong")
    visitor.fill(password=PASSWORD)
    visitor.press("sign-in")
    yield "owners-code"
    visitor.type_code(channel="sms")
    yield "attach-identifier"
    visitor.press("attach")
    yield "attached"


def activate(visitor: Visitor) -> Iterator[str]:
    letter = Letters(visitor.sites.provider).insured()
    yield from registration.activate(visitor, letter, "rosa.keller@example.ch")


def accept_administration(visitor: Visitor) -> Iterator[str]:
    invitation = Letters(visitor.sites.provider).administrator()
    yield from registration.accept_administration(visitor, invitation, "claire.favre@example.ch")


def recover(visitor: Visitor) -> Iterator[str]:
    customer(visitor.sites.provider, "paul.lefevre@example.fr", "CMP-204817")
    used = ""
    for name in recovery.recover(visitor, "CMP-204817", "paul.lefevre@example.fr"):
        yield name
        if name == "requested":
            used = recovery.link_for(visitor, "paul.lefevre@example.fr")
    visitor.open(used)
    yield "link-used"


def manage_users(visitor: Visitor) -> Iterator[str]:
    provider = visitor.sites.provider
    person, company = administrator(provider, "claire.dupont@example.ch", "20042")
    give_password(provider, person, PASSWORD)
    yield from organisation.invite(visitor, "claire.dupont@example.ch", "luca.bernasconi@example.ch")
    otto = insured(provider, "connect", address="otto.ammann@example.ch", given_name="Otto", family_name="Ammann")
    with provider.database.transaction() as tx:
        memberships.join(tx, company, otto, Rights(topics=("salaries",)))
    visitor.page.reload()
    yield from organisation.deactivate(visitor, "Ammann, Otto")
    yield from organisation.automate(visitor)


def stop(visitor: Visitor) -> Iterator[str]:
    """« Ce n’était pas moi », and a link that waits."""
    yield from aside.stop_migration(visitor, "CVCI00007777", "stopped1@example.ch")
    yield from aside.stop_recovery(visitor, "stopped2@example.ch")
    yield from aside.announced_recovery(visitor, "announced@example.ch")


def be_asked(visitor: Visitor) -> Iterator[str]:
    """What may stand between a sign-in and the portal."""
    yield from aside.choose_company(visitor, "companies@example.ch", "30001")
    visitor.page.context.clear_cookies()
    yield from aside.complete(visitor, "details@example.ch")
    visitor.page.context.clear_cookies()
    yield from aside.consent(visitor, "consent@example.ch")


def leave_or_lose_the_way(visitor: Visitor) -> Iterator[str]:
    yield from aside.leave(visitor, "leaving@example.ch")
    yield from aside.ways_to_an_account(visitor)
    yield from aside.go_wrong(visitor, "trouble@example.ch", "30003")


JOURNEYS: dict[str, Journey] = {
    "sign-in": Journey("Signing in", sign_in),
    "help": Journey("Without a code, or lost", sign_in_without_code),
    "migration": Journey("Moving an account of the former directory (e-services)", migrate),
    "attaching": Journey("Attaching a second former user ID (e-services)", attach),
    "activation": Journey("Opening an account with a letter (connect@Assurés)", activate),
    "invitation": Journey("Accepting the invitation of a company’s administrator (connect)", accept_administration),
    "recovery": Journey("Replacing a forgotten access code (espace personnel)", recover),
    "users": Journey("Managing a company’s users (connect)", manage_users),
    "more-users": Journey(
        "Managing a company’s users: less frequent pages",
        lambda visitor: aside.look_after_users(visitor, "administration@example.ch", "30002"),
    ),
    "stopping": Journey("« It was not me », and links that wait", stop),
    "between": Journey("Between a sign-in and the portal: company, details, terms, consent", be_asked),
    "devices": Journey(
        "Letting a device in, or not", lambda visitor: aside.connect_devices(visitor, "devices@example.ch")
    ),
    "account": Journey("A person’s own pages", lambda visitor: account.look_after(visitor, "anne.own@example.ch")),
    "decisions": Journey(
        "What a person decides there", lambda visitor: account.decide(visitor, "anne.keeps@example.ch")
    ),
    "losses": Journey("Losses, and an undone theft", lambda visitor: losses.lose(visitor, "lost@example.ch")),
    "methods": Journey(
        "An authenticator app and recovery codes", lambda visitor: authenticators.keep(visitor, "app@example.ch")
    ),
    "desk": Journey("The desk: why somebody cannot sign in", desk.help_a_person),
    "desk-joining": Journey("The desk: a new member of staff", lambda visitor: desk.join(visitor, "chloe@example.ch")),
    "desk-records": Journey("The desk: what is found", desk.find_everything),
    "desk-second": Journey("The desk: what needs a second person", desk.act_by_two),
    "desk-letters": Journey("The desk: letters for many", desk.write_letters),
    "desk-many": Journey("The desk: letters that need a second person", desk.order_by_two),
    "desk-overview": Journey("The desk: figures, staff, health", desk.oversee),
    "leaving": Journey("Signing out, and losing the way", leave_or_lose_the_way),
}
