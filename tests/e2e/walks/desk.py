"""The pages of staff: joining, finding, helping, letters for many, figures, and what needs two of them."""

from collections.abc import Iterator
from datetime import timedelta

from idp.actions.actor import Actor
from idp.organisations import memberships
from idp.organisations.memberships import Rights
from idp.provider import Provider
from idp.staff import employing, sessions
from idp.staff.appointments import Appointment, Role
from idp.staff.employing import StaffInvitation, StaffInvitee
from idp.statistics import figures
from idp.statistics.figures import FigureKey, Measure
from tests.e2e.people import PASSWORD, give_password, insured
from tests.e2e.walks.signing_in import Keys, sign_in
from tests.e2e.walks.visitor import Visitor
from tests.flows.desk.letters import csv_of, line, work
from tests.flows.desk.world import Fund, fund
from tests.flows.migrating import former_account
from tests.flows.passkeys import new_passkey
from tests.support.authenticator import Authenticator
from tests.support.people import email
from tests.support.virtual_device import Device

REASON = "Cas 4711"
PORTALS = ("e-services", "espace-personnel")
CODE, OTHER_CODE = "AK00", "AK01"
REGISTER = [line(1), line(2), line(3, town=""), line(1), ("756.5", "Léa")]
EVERYTHING = (
    *(Appointment(Role.SUPERVISOR, portal=portal) for portal in (*PORTALS, "connect-assures")),
    Appointment(Role.SUPERVISOR, fund=OTHER_CODE),
    Appointment(Role.OPERATOR),
)


def join(visitor: Visitor, address: str) -> Iterator[str]:
    """By the invitation's mail; the device makes the passkey. Later the passkey alone signs in."""
    Device(visitor.page)
    _invited(visitor, address, "Chloé Clerc", Appointment(Role.CLERK, portal=PORTALS[0]))
    mail = visitor.mailbox.last(address, "email")
    visitor.open(mail.link)
    yield "invitation"
    yield from visitor.stumble("invitation", "continue", code="AAAA BBBB CCCC")
    visitor.fill(code=mail.code)
    visitor.press("continue")
    yield "new-passkey"
    visitor.press("create-passkey")
    yield "joined"
    visitor.open("/desk/health")
    yield "not-allowed"
    visitor.open("/desk/me")
    yield "own"
    visitor.press("desk-sign-out")
    yield "sign-in"
    visitor.press("use-passkey")
    yield "signed-in"


def help_a_person(visitor: Visitor) -> Iterator[str]:
    """Answer why somebody cannot sign in: wrong passwords, after a sign-in that went well."""
    provider, keys = visitor.sites.provider, Keys("e-services", "anne.rochat@example.org", PASSWORD)
    person = insured(provider, *PORTALS, address=keys.identifier)
    give_password(provider, person, PASSWORD)
    for _ in sign_in(visitor, keys):
        pass
    visitor.page.context.clear_cookies()
    for _ in range(5):
        visitor.open("/login?portal=e-services")
        visitor.fill(identifier=keys.identifier, password="wrong")
        visitor.press("sign-in")
    be_at_work(visitor, "claire@fund.example.ch", *(Appointment(Role.CLERK, portal=portal) for portal in PORTALS))
    visitor.open("/desk")
    visitor.fill(q=keys.identifier)
    visitor.press("search")
    visitor.fill(reason="Appel 4711")
    yield "found"
    visitor.follow("Rochat")
    yield "person"
    visitor.press("next")
    yield "act"
    yield from visitor.stumble("act", "confirm", reason="")


def find_everything(visitor: Visitor) -> Iterator[str]:
    """Every kind of record, and what the field says where nothing is found or no reason was given."""
    provider = visitor.sites.provider
    mine = _records_of(provider, "Rochat")
    be_at_work(visitor, "finder@fund.example.ch", *EVERYTHING)
    visitor.open("/desk")
    yield "find"
    visitor.fill(q="nobody@example.ch")
    visitor.press("search")
    yield "nothing-found"
    visitor.fill(q="Rochat")
    visitor.press("search")
    yield "found-several"
    yield from _without_a_reason(visitor, "found-several")
    visitor.open(f"/desk/insured/{mine.insured}")
    yield "reason"
    yield from _without_a_reason(visitor, "reason")
    former = former_account(provider, "CVCI00004711", "former@example.ch")
    for kind, id_ in {"insured": mine.insured, "former": former, "companies": mine.company}.items():
        visitor.open(f"/desk/{kind}/{id_}")
        give_reason(visitor)
        yield kind
    yield from visitor.stumble("companies", "send-invitation", email="claire")
    visitor.page.locator("td summary").first.click()
    yield "company-user"


def act_by_two(visitor: Visitor) -> Iterator[str]:
    """Address and number shown, a mailbox lost, and two accounts of one person made one by two supervisors."""
    provider = visitor.sites.provider
    mine = _records_of(provider, "Favre")
    twin = insured(provider, "connect-assures", address="anne@work.example.ch", family_name="Favre")
    be_at_work(visitor, "author@fund.example.ch", *EVERYTHING)
    for id_ in (twin, mine.person):
        visitor.open(f"/desk/people/{id_}")
        give_reason(visitor)
    visitor.press("reveal")
    yield "revealed"
    visitor.press("replace-email")
    yield "lost-mailbox"
    yield from visitor.stumble("lost-mailbox", "confirm", email="anne", reason="")
    visitor.open(f"/desk/people/{mine.person}/acts/merge")
    yield "merge"
    visitor.follow_link("other=")
    yield "merge-shown"
    visitor.choose("identity")
    visitor.press("confirm")
    yield "prepared"
    be_at_work(visitor, "second@fund.example.ch", *EVERYTHING)
    visitor.open("/desk")
    yield "waiting"
    visitor.follow_link("/prepared/")
    while visitor.page.locator("#open-record").count():
        give_reason(visitor)
    yield "decision"
    visitor.press("confirm")
    yield "merged"


def write_letters(visitor: Visitor) -> Iterator[str]:
    """A register with faulty lines becomes letters; they are ordered, made, and issued again."""
    provider = visitor.sites.provider
    be_at_work(visitor, "letters@fund.example.ch", Appointment(Role.SUPERVISOR, fund=CODE))
    visitor.open("/desk/letters")
    yield "letters-none"
    yield from visitor.stumble("letters", "check-register", reason="")
    register = {"name": "registre-2026.csv", "mimeType": "text/csv", "buffer": csv_of(REGISTER)}
    visitor.page.set_input_files("#file", register)  # type: ignore[arg-type]
    visitor.fill(reason="Première vague")
    visitor.press("check-register")
    yield "register-waits"
    work(provider)
    visitor.press("look-again")
    yield "register-checked"
    visitor.press("order-letters")
    yield "letters-ordered"
    work(provider)
    visitor.press("look-again")
    yield "letters-ready"
    visitor.follow_link("/campaigns/")
    yield "campaign"
    yield from visitor.stumble("campaign", "issue-again", reason="")
    visitor.open("/desk/letters")
    yield "letters"


def order_by_two(visitor: Visitor) -> Iterator[str]:
    """Letters for many are prepared by one supervisor and ordered by another one, and so are those issued again."""
    provider, here = visitor.sites.provider, Appointment(Role.SUPERVISOR, fund=CODE)
    be_at_work(visitor, "orders@fund.example.ch", here)
    visitor.open("/desk/letters")
    content = csv_of(line(number) for number in range(101, 113))
    register = {"name": "registre-2026.csv", "mimeType": "text/csv", "buffer": content}
    visitor.page.set_input_files("#file", register)  # type: ignore[arg-type]
    visitor.fill(reason="Première vague")
    visitor.press("check-register")
    work(provider)
    visitor.press("look-again")
    yield "many-checked"
    visitor.press("order-letters")
    yield "many-prepared"
    visitor.follow_link("/prepared/")
    yield "many-own"
    be_at_work(visitor, "confirms@fund.example.ch", here)
    visitor.open("/desk")
    yield "many-waiting"
    visitor.follow_link("/prepared/")
    yield "many-decision"
    visitor.press("confirm")
    yield "many-ordered"
    work(provider)
    visitor.press("look-again")
    visitor.follow_link("/campaigns/")
    visitor.page.check("[name=which][value=unused]")
    visitor.fill(reason="Fichier perdu")
    visitor.press("issue-again")
    yield "many-again"
    visitor.follow_link("/prepared/")
    yield "many-again-own"
    visitor.press("withdraw")
    yield "many-withdrawn"


def oversee(visitor: Visitor) -> Iterator[str]:
    """Figures, colleagues, and the health of the installation."""
    be_at_work(visitor, "overseer@fund.example.ch", *EVERYTHING)
    _invited(visitor, "luc@fund.example.ch", "Luc Monnier", Appointment(Role.READER, fund=CODE))
    _counted(visitor.sites.provider)
    visitor.open("/desk/overview?place=portal:e-services&period=month")
    yield "overview"
    visitor.page.locator("summary").nth(1).click()
    yield "overview-table"
    visitor.open("/desk/staff")
    yield "staff"
    yield from visitor.stumble("staff", "send-invitation", name="", email="luc")
    visitor.page.locator("td summary").first.click()
    yield "staff-change"
    visitor.open("/desk/health")
    yield "health"


def be_at_work(visitor: Visitor, address: str, *appointments: Appointment) -> None:
    """Go on as a member of staff with these appointments and a passkey, who has just signed in."""
    provider, staff_id = visitor.sites.provider, _invited(visitor, address, "Claire Favre", *appointments)
    with provider.database.transaction() as tx:
        assert employing.enrol(tx, staff_id, new_passkey(Authenticator()), name="YubiKey") is not None
        token = sessions.start(tx, staff_id, provider.settings.desk, purpose=sessions.WORK).token
    visitor.page.context.clear_cookies()
    visitor.page.context.add_cookies([{"name": "staff", "value": token, "url": visitor.sites.issuer}])


def give_reason(visitor: Visitor) -> None:
    """Open the record that asks for one."""
    visitor.fill(reason=REASON)
    visitor.press("open-record")


def _invited(visitor: Visitor, address: str, name: str, *appointments: Appointment) -> str:
    """Invite somebody, in the language of the visitor's browser; returns the id."""
    provider, by = visitor.sites.provider, Actor.operator("walk")
    language = str(visitor.page.evaluate("navigator.language"))[:2]
    invitee = StaffInvitee(email(address), name, language, appointments)
    with provider.database.transaction() as tx:
        sent = employing.invite(tx, provider.limiter, provider.settings, invitee, by=by, reason="walk")
        assert isinstance(sent, StaffInvitation)
        return sent.staff_id


def _without_a_reason(visitor: Visitor, name: str) -> Iterator[str]:
    """Who stumbles opens a record and says nothing."""
    if visitor.stumbles:
        with visitor.page.expect_navigation():
            visitor.page.locator("main [name=open]").first.click()
        yield f"{name}-error"


def _records_of(provider: Provider, name: str) -> Fund:
    """A fund's person, company with a second user, and reader of its letters."""
    mine, nina = fund(provider, CODE, name), f"nina.{name}@example.ch".lower()
    with provider.database.transaction() as tx:
        memberships.invite(tx, mine.company, email=nina, given_name="Nina", family_name="Neu", rights=Rights())
    return mine


def _counted(provider: Provider) -> None:
    """A month of sign-ins at e-services, with some that failed."""
    with provider.database.transaction() as tx:
        today = tx.now.replace(hour=0, minute=0, second=0, microsecond=0)
        for ago in range(30):
            day, many = today - timedelta(days=ago), 40 + 17 * ago % 23
            rows = [
                (FigureKey("day", day, "e-services", "", Measure.SIGN_INS, "sms"), many, 0.0),
                (FigureKey("day", day, "e-services", "", Measure.SIGN_INS, "passkey"), many // 3, 0.0),
                (FigureKey("day", day, "e-services", "", Measure.FAILURES, "wrong"), many // 9, 0.0),
                (FigureKey("day", day, "e-services", "", Measure.DELIVERED, "sms"), many, 4.2 * many),
            ]
            figures.add(tx, rows)
