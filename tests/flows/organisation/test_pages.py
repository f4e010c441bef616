"""The list, a user's page, the journal, the invitation's actions: who sees them, what they show and do."""

import pytest
from flask import Flask

from idp.audit.events.sign_in import SignedIn
from idp.audit.log import record
from idp.database import Origin
from idp.invitations import status
from idp.organisations import memberships, organisation
from idp.organisations.memberships import Rights
from idp.provider import Provider
from tests.flows.conftest import Account, give_code, give_password
from tests.flows.organisation.conftest import Firm, events, signed_in, stored
from tests.support.browser import Browser
from tests.support.clock import MovableClock
from tests.support.inbox import Mailbox

pytestmark = pytest.mark.both_databases


def lines(browser: Browser) -> list[str]:
    """The list as it is read: name and state of each line."""
    rows = [row for row in browser.page.all("tr") if any(cell.tag == "td" for cell in row.walk())]
    found = []
    for row in rows:
        cells = {cell.get("data-label"): cell.text for cell in row.walk() if cell.tag == "td"}
        found.append(f"{cells['Last name, first name']}: {cells['Status']}")
    return found


def cells(browser: Browser, column: str) -> list[str]:
    return [cell.text for cell in browser.page.all("td") if cell.get("data-label") == column]


def signed_in_event(person_id: str) -> SignedIn:
    return SignedIn(
        person_id=person_id, session_id="s", group="connect", acr="mfa", amr=(), methods=(), new_browser=False
    )


def many(provider: Provider, firm: Firm, count: int) -> None:
    with provider.database.transaction() as tx:
        for number in range(count):
            memberships.invite(
                tx,
                firm.id,
                email=f"user{number:02}@example.ch",
                given_name="User",
                family_name=f"Number{number:02}",
                rights=Rights(),
            )


def test_an_administrator_sees_everybody_with_their_state(admin: Browser, firm: Firm) -> None:
    """B-20, B-48"""
    page = admin.get(firm.users)

    assert page.heading == "User management"
    assert "Menuiserie Favre SA" in page.text
    assert lines(admin) == [
        "Ammann, Otto: Deactivated",
        "Bernasconi, Luca: Active",
        "Favre, Claire: Active",
        "Neu, Nina: Invited",
    ]


def test_the_list_wears_the_portals_brand_and_leads_back_to_it(admin: Browser, firm: Firm) -> None:
    """B-20"""
    page = admin.get(firm.users)

    assert page.title.endswith("– connect")
    assert page.link("Back to connect").startswith("https://connect.example.ch/login?iss=")


@pytest.mark.parametrize("page", ["list", "user", "journal", "new user", "edit", "phone"])
def test_an_administrator_can_sign_out_from_every_page(admin: Browser, firm: Firm, page: str) -> None:
    """ASVS 7.4.4, NIST SP 800-63B-4 §5.1"""
    admin.get(firm.users)
    addresses = {
        "list": firm.users,
        "user": admin.page.link("Neu, Nina"),
        "journal": f"{firm.users}/journal",
        "new user": firm.new_user(),
        "edit": firm.edit(firm.luca),
        "phone": firm.phone(firm.luca),
    }

    asked = admin.get(admin.get(addresses[page]).link("Sign out"))
    assert asked.heading == "Do you want to sign out?"
    admin.press("log-out")

    assert admin.page.heading == "You are signed out"
    assert admin.get(firm.users).heading == "Please sign in to connect"


def test_who_is_not_signed_in_is_offered_no_sign_out(visitor: Browser, firm: Firm) -> None:
    page = visitor.get(firm.users)

    assert page.heading == "Please sign in to connect"
    assert "Sign out" not in page.text


def test_every_action_of_a_line_is_a_link_or_button(admin: Browser, firm: Firm) -> None:
    """B-21, B-27, B-31"""
    page = admin.get(firm.users)
    detail = page.link("Neu, Nina")

    assert admin.get(page.link("New user")).heading == "New user: email address"
    page = admin.get(detail)
    assert page.heading == "Nina Neu"
    assert page.link("Edit") == firm.edit(firm.nina)
    assert page.link("Cancel the invitation") == f"{detail}/cancel"
    assert page.button("Send the invitation again")
    assert not [element for element in page.root.walk() if element.get("tabindex") not in {"", "-1"}]


def test_the_page_of_an_invited_person_says_how_a_wrong_number_is_corrected(admin: Browser, firm: Firm) -> None:
    """B-28, B-48"""
    said = "To correct the name, the address or the mobile number, cancel the invitation and invite the person again."

    page = admin.get(f"{firm.users}/{firm.nina}")
    assert said in page.text
    assert page.link("Cancel the invitation")
    assert said in admin.get(firm.edit(firm.nina)).text
    assert said not in admin.get(f"{firm.users}/{firm.luca}").text
    assert said not in admin.get(firm.edit(firm.luca)).text


def test_the_list_is_searched_by_name_and_address(admin: Browser, firm: Firm) -> None:
    """B-48"""
    admin.get(firm.users)
    admin.get(f"{firm.users}?q=FAV%20claire")
    assert lines(admin) == ["Favre, Claire: Active"]

    page = admin.get(f"{firm.users}?q=nobody")
    assert "No users found" in page.text
    assert admin.get(page.link("Show all users")).heading == "User management"


@pytest.mark.parametrize(
    ("column", "first"),
    [
        ("Last name, first name", "Neu, Nina"),
        ("Email address", "Favre, Claire"),
        ("Rights", "Favre, Claire"),
        ("Status", "Bernasconi, Luca"),
    ],
)
def test_the_list_is_sorted_by_a_columns_heading(admin: Browser, firm: Firm, column: str, first: str) -> None:
    """B-48"""
    page = admin.get(firm.users)

    admin.get(firm.users + page.link(column))

    assert lines(admin)[0].startswith(first)


def test_a_name_with_an_accent_stands_where_readers_look_for_it(admin: Browser, provider: Provider, firm: Firm) -> None:
    """B-48"""
    with provider.database.transaction() as tx:
        names = {"given_name": "Eva", "family_name": "Énard"}
        memberships.invite(tx, firm.id, email="eva@example.ch", rights=Rights(), **names)

    admin.get(firm.users)

    assert [line.partition(",")[0] for line in lines(admin)] == ["Ammann", "Bernasconi", "Énard", "Favre", "Neu"]


def test_a_person_who_is_ticked_is_opened_by_the_button(admin: Browser, firm: Firm) -> None:
    """B-27, B-29, B-31: « cocher la personne et sélectionner Détail »."""
    admin.get(firm.users)

    admin.fill(user=firm.luca).press("details")

    assert admin.page.heading == "Luca Bernasconi"


def test_the_button_without_a_tick_says_what_to_do(admin: Browser, firm: Firm) -> None:
    """B-27, B-31"""
    admin.get(firm.users)

    admin.press("details")

    assert admin.page.errors == ["Select a person in the list first, then ‘Details’."]
    assert len(lines(admin)) == 4


@pytest.mark.parametrize("selected", ["no-such-user", "", "%00"])
def test_a_selection_that_is_no_user_of_the_company_opens_nothing(admin: Browser, firm: Firm, selected: str) -> None:
    """B-30"""
    assert admin.get(f"{firm.users}/details?user={selected}").status in {200, 400, 404}


def test_the_list_tells_the_last_sign_in_at_this_portal_only(
    app: Flask, provider: Provider, luca: Account, admin: Browser, firm: Firm, clock: MovableClock
) -> None:
    """B-48: the company learns nothing about other portals."""
    admin.get(firm.users)
    assert cells(admin, "Last sign-in") == ["–", "–", "–", "–"]
    for client_id in ("connect-assures", "connect"):
        clock.forward(minutes=1)
        with provider.database.transaction(Origin(client_id=client_id)) as tx:
            record(tx, signed_in_event(luca.id))
            shown = provider.wording.translator("en").moment(tx.now)
    plain = shown.replace("\u00a0", " ")  # as `cells` and `text` read it

    clock.forward(minutes=1)
    with provider.database.transaction(Origin(client_id="connect-assures")) as tx:
        record(tx, signed_in_event(luca.id))

    admin.get(firm.users)
    assert cells(admin, "Last sign-in") == ["–", plain, "–", "–"]
    assert plain in admin.get(f"{firm.users}/{firm.luca}").text


def test_every_page_names_the_person_who_is_signed_in(admin: Browser, firm: Firm) -> None:
    """B-20"""
    for address in (firm.users, f"{firm.users}/{firm.luca}", firm.new_user(), firm.edit(firm.luca)):
        assert "Claire Favre" in admin.get(address).first("header").text


def test_the_list_has_pages_of_25(admin: Browser, provider: Provider, firm: Firm) -> None:
    """B-48"""
    many(provider, firm, 30)

    page = admin.get(firm.users)
    assert (len(lines(admin)), "Page 1 of 2" in page.text) == (25, True)

    admin.get(firm.users + page.link("Next"))
    assert len(lines(admin)) == 9


@pytest.mark.parametrize("query", ["?page=999", "?page=x", "?page=-1", "?sort=password", "?q=%F0%9F%98%80", "?down=1"])
def test_nothing_in_the_address_of_the_list_breaks_it(admin: Browser, firm: Firm, query: str) -> None:
    """B-48"""
    assert admin.get(firm.users + query).status == 200


def test_a_company_with_one_administrator_is_told_to_name_a_second(
    admin: Browser, provider: Provider, firm: Firm
) -> None:
    """B-46"""
    assert "You are the only active administrator" in admin.get(firm.users).text

    with provider.database.transaction() as tx:
        memberships.change_rights(tx, firm.nina, Rights(is_administrator=True))
    awaited = "Nina Neu is invited as the second one, but not active yet."
    for page in (firm.users, firm.edit(firm.claire)):
        text = admin.get(page).text
        assert awaited in text
        assert "Choose" not in text

    with provider.database.transaction() as tx:
        memberships.change_rights(tx, firm.luca, Rights(is_administrator=True))
    assert "You are the only active administrator" not in admin.get(firm.users).text


@pytest.mark.parametrize(
    "page",
    [
        "{users}",
        "{users}/{luca}",
        "{users}/journal",
        "{users}/{nina}/cancel",
        "{users}/directory",
        "/new-user?portal=connect&organisation={id}",
        "/new-directory-token?portal=connect&organisation={id}",
        "/edit-user?portal=connect&user={luca}",
        "/user-phone?portal=connect&user={luca}",
    ],
)
def test_a_plain_user_is_refused_and_it_is_noted(
    user: Browser, provider: Provider, firm: Firm, luca: Account, page: str
) -> None:
    """B-20, B-30"""
    address = page.format(users=firm.users, id=firm.id, luca=firm.luca, nina=firm.nina)

    answer = user.get(address)

    assert (answer.status, answer.heading) == (403, "You do not have access to this page")
    (event,) = events(provider, "AdministrationRefused")
    assert (event.person_id, event.organisation_id, event.actor) == (luca.id, firm.id, luca.id)


def test_a_plain_user_can_send_no_form_either(user: Browser, provider: Provider, firm: Firm) -> None:
    """B-30"""
    token = user.get("/login?portal=connect").value("csrf_token")

    for address in (f"{firm.users}/{firm.nina}/cancel", f"{firm.users}/{firm.nina}/resend", firm.edit(firm.claire)):
        assert user.post(address, {"csrf_token": token, "step": "edit-user", "deactivated": "yes"}).status == 403
    assert stored(provider, firm.nina) is not None


def test_an_administrator_of_another_company_is_a_stranger(
    app: Flask, provider: Provider, luca: Account, firm: Firm
) -> None:
    """B-30"""
    with provider.database.transaction() as tx:
        other = organisation.register(tx, fund="AK01", number="10077", name="Boulangerie du Marché Sàrl")
        memberships.join(tx, other.id, luca.id, Rights(is_administrator=True))
        other_id = other.id
    browser = signed_in(app, provider, luca.id)

    assert browser.get(f"/organisations/{other_id}/users").status == 200
    assert browser.get(f"/organisations/{other_id}/users/{firm.nina}").status == 404
    assert browser.get(firm.users).status == 403
    assert browser.get("/organisations/no-such-company/users").status == 403


def test_who_is_not_signed_in_signs_in_and_comes_back(
    app: Flask, mailbox: Mailbox, claire: Account, firm: Firm
) -> None:
    """B-20"""
    browser = Browser(app, language="en")
    page = browser.get(f"{firm.users}?q=luca")
    assert page.path == "/login"

    give_password(browser, claire)
    give_code(browser, mailbox, "sms")

    assert (browser.page.heading, lines(browser)) == ("User management", ["Bernasconi, Luca: Active"])


def test_an_invitation_expires_and_is_sent_again(
    admin: Browser, provider: Provider, mailbox: Mailbox, clock: MovableClock, app: Flask, claire: Account, firm: Firm
) -> None:
    """B-48"""
    clock.forward(days=15)
    admin = signed_in(app, provider, claire.id)
    admin.get(firm.users)
    assert "Neu, Nina: Invitation expired" in lines(admin)
    assert "The invitation has expired." in admin.get(f"{firm.users}/{firm.nina}").text

    admin.press("resend")

    assert "The invitation was sent again." in admin.page.text
    assert "Neu, Nina: Invited" in lines(admin)
    mail = mailbox.last("nina.neu@example.ch")
    assert "Claire Favre" in mail.text
    assert "/AK01/register" in mail.link


def test_an_invitation_is_cancelled_after_being_asked_once(admin: Browser, provider: Provider, firm: Firm) -> None:
    """B-48"""
    page = admin.get(f"{firm.users}/{firm.nina}/cancel")
    assert page.heading == "Cancel the invitation to Nina Neu?"
    assert "nina.neu@example.ch" in page.text

    admin.press("confirm")

    assert "The invitation was cancelled." in admin.page.text
    assert stored(provider, firm.nina) is None
    with provider.database.reading() as tx:
        assert [code.state for code in status.of_subject(tx, firm.nina)] == ["withdrawn"]


def test_looking_changes_nothing(admin: Browser, provider: Provider, firm: Firm) -> None:
    """X-30"""
    for address in (f"{firm.users}/{firm.nina}/cancel", firm.edit(firm.luca), firm.phone(firm.luca), firm.new_user()):
        assert admin.head(address) == 200

    assert admin.head(f"{firm.users}/{firm.nina}/resend") == 405
    assert stored(provider, firm.nina) is not None


def test_the_journal_says_who_did_what_and_when(admin: Browser, firm: Firm) -> None:
    """B-51"""
    admin.get(firm.edit(firm.luca)).fill("administrator", "yes")
    admin.press("save")

    page = admin.get(f"{firm.users}/journal")

    newest = page.all("tr")[1].text
    assert newest.endswith("Claire Favre Rights changed Administrator rights granted Luca Bernasconi")
    assert "Invitation sent" in page.text
