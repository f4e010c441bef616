"""A journey made for the engine's tests: an address, its code, a word that decides how its step ends, a last page."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Self

import pytest
from flask import Flask

import flows
from flows.engine import callback, forms
from flows.engine.flow import Debit, Flow, PlainStep, SignInRequirement
from flows.engine.forms import Form
from flows.engine.guard import Guard
from flows.engine.outcomes import (
    Done,
    EndAddress,
    Ending,
    ExternalRedirect,
    HandOver,
    Outcome,
    Page,
    Restart,
    Retry,
    WrongProof,
)
from flows.engine.run import Run
from flows.engine.subject import Subject
from flows.engine.views import journeys
from flows.shared.facts import Facts
from flows.steps.code import CodeStep
from flows.steps.email_address import AskEmail
from idp.app import create_app
from idp.audit.events.event import Event
from idp.audit.log import AuditEvent, record
from idp.codes.rules import Purpose
from idp.codes.service import Destination
from idp.provider import Provider
from idp.sessions import ending
from idp.settings import Settings
from idp.wording import text
from tests.support.browser import Browser
from tests.support.clock import MovableClock
from tests.support.inbox import Mailbox

START = "/excursion?portal=e-services"


@dataclass(frozen=True)
class WordForm(Form):
    word: str = forms.line()
    secret: str = forms.field(lambda raw, _run: raw, secret=True)


class Word(PlainStep[WordForm]):
    """Writes an event, then ends as the word says."""

    name = "word"
    template = "pause"
    form = WordForm

    def page(self, run: Run) -> Mapping[str, object]:
        return {"reason": text("Which word?")}

    def limits(self, run: Run, form: WordForm) -> Iterable[Debit]:
        yield Debit("password", ("word", form.word))

    def submit(self, run: Run, form: WordForm, prepared: None) -> Outcome:
        record(run.tx, Event(person_id=form.word))
        endings: dict[str, Outcome] = {
            "retry": Retry({"word": text("Another word, please.")}),
            "refused": WrongProof({"word": text("A wrong word.")}),
            "restart": Restart(text("From the beginning, please."), Event(person_id="why")),
            "away": ExternalRedirect(f"https://elsewhere.example/?state={callback.state(run)}"),
            "over": HandOver("successor", Facts(given_name="handed")),
        }
        if form.word == "conflict":
            run.tx.add(AuditEvent(**twin_of_an_event(run)))
        return endings.get(form.word, Done(Facts(given_name=form.word)))


class Farewell(PlainStep[Form]):
    """The last button."""

    name = "farewell"
    form = Form
    template = "pause"

    def page(self, run: Run) -> Mapping[str, object]:
        return {"reason": text("Farewell, %(name)s.", name=run.known(Facts).given_name)}


def twin_of_an_event(run: Run) -> dict[str, Any]:
    first = run.tx.session.query(AuditEvent).first()
    assert first is not None
    columns = [column.key for column in AuditEvent.__table__.columns]
    return {name: getattr(first, name) for name in columns}


def shown(run: Run) -> Ending:
    return Page("steps/pause.html", {"reason": text("Arrived: %(email)s", email=run.known(Facts).email)})


EXCURSION = Flow(
    name="excursion",
    steps=(
        AskEmail(),
        CodeStep(
            name="email-code",
            purpose=Purpose.MAIL_PROOF,
            title=text("Check your email"),
            destination=lambda run: Destination("email", run.known(Facts).email),
            proved=Facts(mailbox_proved=True),
            proves=frozenset({"email"}),
        ),
        Word(),
        Farewell(),
    ),
    finish=shown,
)


LETTER = Flow(
    name="letter",
    steps=(
        Word(),
        AskEmail(),
        CodeStep(
            name="email-code",
            purpose=Purpose.MAIL_PROOF,
            title=text("Check your e-mails"),
            destination=lambda run: Destination("email", run.known(Facts).email),
            proved=Facts(mailbox_proved=True),
            proves=frozenset({"email"}),
        ),
        Farewell(),
    ),
    finish=shown,
)


class Ends(Farewell):
    """The session ends while the slow phase runs."""

    def prepare(self, run: Run, form: Form) -> None:
        with run.provider.database.transaction() as tx:
            ending.end_all(tx, run.person_id, reason="test")

    def submit(self, run: Run, form: Form, prepared: None) -> Outcome:
        record(run.tx, Event(person_id="written without a session"))
        return Done()


CAREFUL = Flow(
    name="careful",
    steps=(AskEmail(), Ends()),
    requires=SignInRequirement(within=timedelta(minutes=15)),
    finish=shown,
)


class Place(Subject, frozen=True):
    """Where the tour goes."""

    place: str

    @classmethod
    def named(cls, run: Run, query: Mapping[str, str]) -> Self:
        return cls(place=query.get("place", ""))


class Closed(Guard):
    """Stops the tour as soon as somebody wrote that it is over, or at a word."""

    name = "closed"

    def stops(self, run: Run) -> Ending | None:
        if run.known(Facts).given_name == "detour":
            return EndAddress("/elsewhere")
        over = run.tx.session.query(AuditEvent).filter_by(name="Event", person_id="the tour is over").first()
        closed = over is not None or run.known(Facts).given_name == "close"
        return Page("steps/pause.html", {"reason": text("Closed.")}) if closed else None


class Entered(Farewell):
    """Says where the tour goes, and writes an event when it becomes current."""

    def enter(self, run: Run) -> None:
        record(run.tx, Event(person_id="entered"))

    def page(self, run: Run) -> Mapping[str, object]:
        return {"reason": text("This is %(place)s.", place=run.about(Place).place)}

    def submit(self, run: Run, form: Form, prepared: None) -> Outcome:
        record(run.tx, Event(person_id="seen"))
        return Done()


TOUR = Flow(name="tour", subject=Place.named, guards=(Closed(),), steps=(Word(), Entered()), finish=shown)
SUCCESSOR = Flow(name="successor", steps=(Word(), Farewell()), finish=shown)


@pytest.fixture
def app(settings: Settings, clock: MovableClock) -> Iterator[Flask]:
    pages = journeys(*flows.JOURNEYS, EXCURSION, SUCCESSOR, CAREFUL, TOUR, LETTER)
    application = create_app(settings, flows=[pages, callback.blueprint], clock=clock)
    yield application
    application.extensions["provider"].database.dispose()


def at_code(browser: Browser, email: str = "anne@example.ch") -> Browser:
    browser.get(START)
    browser.fill(email=email).press("get-code")
    assert browser.page.heading == "Check your email"
    return browser


def at_word(browser: Browser, mailbox: Mailbox) -> Browser:
    at_code(browser).fill(code=mailbox.last().code).press("verify")
    assert "Which word?" in browser.page.text
    return browser


def say(browser: Browser, word: str, **more: str) -> None:
    """The word step has no template with a field of its own: send the form as a page with one would."""
    page = browser.page
    browser.post(page.url, {**page.submission(page.button("continue")), "word": word, **more})


def events(provider: Provider) -> list[str]:
    """What the word step recorded and what stayed."""
    with provider.database.reading() as tx:
        query = tx.session.query(AuditEvent.person_id).filter(AuditEvent.name == "Event").order_by(AuditEvent.id)
        return [person_id for (person_id,) in query]
