"""The health of the installation: for operators, without personal data."""

from dataclasses import replace

import msgspec

from flows.desk import health_words
from idp.clients.problems import FileProblem
from idp.clients.subscriptions import Webhook
from idp.events import kept_events, webhooks
from idp.messages import outbox
from idp.messages.outbox import OutboxRow
from idp.provider import Provider
from idp.staff.appointments import Appointment, Role
from idp.upkeep import configuration, diagnosis, nodes
from tests.flows.desk.conftest import Desk
from tests.support.clients import bend
from tests.support.clock import MovableClock


def test_operators_see_what_the_doctor_says(desk: Desk, provider: Provider) -> None:
    operator = desk.works(Role.OPERATOR)

    page = operator.get("/desk/health")

    assert page.status == 200
    words = provider.wording.translator("en")
    for finding in diagnosis.examine(provider, []):
        assert words(health_words.CHECKS[finding.check]) in page.text
        said = health_words.said(finding.reason, lambda client: _named(provider, client))
        assert (words(said).removesuffix("`.").replace("`", "") if said is not None else finding.reason) in page.text


def _named(provider: Provider, client_id: str) -> str:
    name = provider.registry.current().name_of(client_id, "en")
    return name if name == client_id else f"{name} ({client_id})"


def test_operators_see_every_node_and_in_what_it_differs(desk: Desk, provider: Provider, clock: MovableClock) -> None:
    for name in ("web1 gunicorn 7", "web1 gunicorn 8", "web2 worker 9"):
        nodes.beat(provider, name)
    sessions = msgspec.structs.replace(provider.settings.sessions, idle=60)
    other = replace(provider, settings=msgspec.structs.replace(provider.settings, sessions=sessions))
    nodes.beat(other, "web3 worker 7")

    shown = [" ".join(row.text.split()) for row in desk.works(Role.OPERATOR).get("/desk/health").all("tr")]

    version = configuration.version_of_program()
    alike, different = (f"{version} +0.0 s 16.07.2026 at 14:00 {status}" for status in ("In order", "Differs"))
    assert f"web1 gunicorn 2 {alike}" in shown
    assert f"web2 worker 1 {alike}" in shown
    assert f"web3 worker 1 {different} settings (sessions)" in shown


def test_operators_see_which_files_a_node_cannot_use(desk: Desk, provider: Provider, clock: MovableClock) -> None:
    with provider.database.transaction() as tx:
        row = {"id": "web2 worker 9", "keys": ["k"], "ahead": 3.0, "seen_at": tx.now, "faults": ["clients/x.toml: bad"]}
        tx.session.add(nodes.NodeRow(**row))

    page = desk.works(Role.OPERATOR).get("/desk/health")

    assert "clients/x.toml: Original message: bad (web2)" in page.text
    assert "Clock is off" in page.text


def test_a_fault_that_is_too_long_for_a_report_keeps_its_sentence(desk: Desk, provider: Provider) -> None:
    """Its middle is cut: the sentence around a long value is what the page knows words for."""
    allowed = ", ".join(f"claim_{number}" for number in range(1000))
    problem = FileProblem("clients/x.toml", "userinfo_claims[0]", f"one of {allowed} is expected, not 'nick'")
    with provider.database.transaction() as tx:
        row = {"id": "web2 worker 9", "keys": ["k"], "ahead": 0.0, "seen_at": tx.now}
        tx.session.add(nodes.NodeRow(**row, faults=[configuration.reported(problem)]))

    shown = " ".join(desk.works(Role.OPERATOR).get("/desk/health").text.split())

    assert "clients/x.toml: userinfo_claims[0]: Expected: one of claim_0, claim_1," in shown
    assert "… " in shown
    assert "claim_999, not 'nick'. (web2)" in shown


def test_words_of_others_are_in_no_known_language(desk: Desk, provider: Provider) -> None:
    """WCAG 3.1.2: in a voice that is not theirs, nobody understands them."""
    with provider.database.transaction() as tx:
        row = {"id": "web2 worker 9", "keys": ["k"], "ahead": 0.0, "seen_at": tx.now, "faults": ["clients/x.toml: bad"]}
        tx.session.add(nodes.NodeRow(**row))

    page = desk.works(Role.OPERATOR).get("/desk/health")

    assert [(each.text, each.get("lang")) for each in page.all("q")] == [("bad", "")]


def test_operators_see_the_calendar_of_the_keys(desk: Desk, provider: Provider) -> None:
    provider.signing_keys.tend()
    provider.signing_keys.rotate("ES256")

    page = desk.works(Role.OPERATOR).get("/desk/health")

    assert "ES256 – signs since 16.07.2026 at 14:00, next change: 17.07.2026" in page.text
    assert "ES256 – signs from 17.07.2026" in page.text


def test_operators_send_lost_web_hooks_again(desk: Desk, provider: Provider) -> None:
    hook = Webhook(types=("member.invited",), url="https://software.example.ch/hooks", secret_env="HOOK_SECRET")
    bend(provider, "fund-software", webhook=hook, client_name="Accounting software")
    with provider.database.transaction() as tx:
        event_id = kept_events.new_id(tx)
        body = {"name": "member.invited", "body": {}}
        kept_events.keep(tx, event_id, "fund-software", kept_events.WEBHOOK, body)
        outbox.enqueue_call(tx, webhooks.KIND, {"id": event_id}, client_id="fund-software", about=event_id)
        tx.session.query(OutboxRow).filter_by(kind=webhooks.KIND).update({"outcome": "dead", "done_at": tx.now})
    operator = desk.works(Role.OPERATOR)
    lost = "Accounting software: events not delivered: 1, the oldest of 16.07.2026 at 14:00."
    assert lost in operator.get("/desk/health").text
    assert operator.press("Send again: Accounting software").status == 422  # no reason

    operator.fill(reason="their server was down").press("Send again: Accounting software")

    assert "The lost events are sent again." in operator.page.text
    assert lost not in operator.page.text
    (event,) = desk.events("WebhooksReplayed")
    assert event.actor.startswith("clerk:")
    assert (event.client_id, event.details["count"]) == ("fund-software", 1)
    with provider.database.reading() as tx:
        queued = tx.session.query(OutboxRow).filter_by(kind=webhooks.KIND)
        assert [(row.about, row.done_at) for row in queued] == [(event_id, None)]


def test_nobody_else_does(desk: Desk) -> None:
    for role in (Role.READER, Role.CLERK, Role.SUPERVISOR):
        browser = desk.works(role, fund="AK01")
        assert browser.get("/desk/health").status == 403
        assert "Health" not in browser.get("/desk").first("nav").text


def test_the_doctor_finds_staff_whom_nobody_would_miss(desk: Desk, provider: Provider, clock: MovableClock) -> None:
    desk.employed(Appointment(Role.CLERK, fund="AK01"), email="here@fund.example.ch")
    desk.employed(Appointment(Role.CLERK, fund="AK99"), email="gone@fund.example.ch")
    assert [finding.reason for finding in diagnosis.staff(provider)] == [
        "gone@fund.example.ch: no portal's file lists the fund 'AK99': `idp staff roles`"
    ]

    clock.forward(days=91)

    assert sum("has not signed in for long" in finding.reason for finding in diagnosis.staff(provider)) == 2
