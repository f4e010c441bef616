"""Who may not sign in learns nothing by trying: the same words, status and work for everybody; and delays."""

import hashlib
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
import sqlalchemy as sa
from flask import Flask

from idp import random_values
from idp.audit.log import AuditEvent
from idp.credentials import hasher as hashing
from idp.credentials import imported_hashes, passwords
from idp.messages.outbox import OutboxRow
from idp.people import accounts, legacy
from idp.people.legacy import LegacyAccount
from idp.people.portal_identifiers import identifier_key
from idp.provider import Provider
from tests.flows.conftest import Account, make_account, sign_in
from tests.support.browser import Browser
from tests.support.clock import MovableClock
from tests.support.inbox import Mailbox

pytestmark = pytest.mark.both_databases

PAGE = "/login?portal=e-services"
FAILED = (
    "Your user ID or password is incorrect. If you have already updated your account, sign in with your email address."
)
TOO_OLD = "Your password comes from an older system and can no longer be used. Reset your password."
LEGACY = "CVCI00000042"
MIGRATED = "CVCI00000043"


@pytest.fixture
def people(provider: Provider, anne: Account) -> dict[str, str]:
    """Why nobody gets in → the identifier that is typed. Every one is typed with a wrong or useless password."""
    disabled = make_account(provider, Account("", address="disabled@example.ch"))
    legacy_account(provider, LEGACY, "ancien mot de passe", legacy.OPEN)
    legacy_account(provider, MIGRATED, "", legacy.MIGRATED)
    with provider.database.transaction() as tx:
        accounts.disable(tx, disabled.id, reason="test")
    return {
        "unknown": "nobody@example.ch",
        "unknown identifier": "CVCI99999999",
        "wrong password": anne.address,
        "disabled": disabled.address,
        "legacy": LEGACY,
        "legacy, migrated": MIGRATED,
    }


def legacy_account(provider: Provider, identifier: str, password: str, state: str) -> str:
    hashed = provider.hasher.hash(password)
    with provider.database.transaction() as tx:
        id_ = random_values.new_id(tx.now)
        row = LegacyAccount(
            id=id_,
            portal="e-services",
            identifier=identifier,
            key=identifier_key(identifier),
            state=state,
            hash=legacy.seal_hash(tx, id_, hashed) if password else "",
            imported_at=tx.now,
        )
        tx.add(row)
        return id_


@pytest.mark.parametrize(("days", "outcome"), [(364, "in"), (366, "ended")])
def test_a_weak_hash_is_accepted_for_a_year_after_its_import(
    provider: Provider, visitor: Browser, anne: Account, clock: MovableClock, days: int, outcome: str
) -> None:
    """ASVS 11.4.2: who took the former directory's file may know the password by now"""
    stored = imported_hashes.adopt(f"{{MD5}}{hashlib.md5(anne.password.encode()).hexdigest()}")
    assert isinstance(stored, str)
    hashed = provider.hasher.wrap(stored)
    with provider.database.transaction() as tx:
        passwords.replace(tx, anne.id, hashed, floor=12, reason="import")
    clock.forward(days=days)

    visitor.get(PAGE)
    visitor.fill(identifier=anne.address, password="wrong").press("sign-in")
    assert visitor.page.errors == [FAILED]
    visitor.fill(identifier=anne.address, password=anne.password).press("sign-in")

    assert visitor.page.errors == ([TOO_OLD] if outcome == "ended" else [])


def test_so_is_that_of_a_former_directory(provider: Provider, visitor: Browser, clock: MovableClock) -> None:
    """ASVS 11.4.2"""
    stored = imported_hashes.adopt(hashlib.sha1(b"ancien mot de passe").hexdigest())
    assert isinstance(stored, str)
    id_ = legacy_account(provider, LEGACY, "ancien mot de passe", legacy.OPEN)
    with provider.database.transaction() as tx:
        values = {"hash": legacy.seal_hash(tx, id_, provider.hasher.wrap(stored))}
        tx.session.execute(sa.update(LegacyAccount).where(LegacyAccount.id == id_).values(**values))
    clock.forward(days=366)

    visitor.get(PAGE)
    visitor.fill(identifier=LEGACY, password="ancien mot de passe").press("sign-in")

    assert visitor.page.errors == [TOO_OLD]


def test_a_password_chosen_here_has_no_end(
    provider: Provider, visitor: Browser, anne: Account, clock: MovableClock
) -> None:
    clock.forward(days=3660)

    visitor.get(PAGE)
    visitor.fill(identifier=anne.address, password=anne.password).press("sign-in")

    assert visitor.page.errors == []


class Work:
    """What an answer cost: statements by their shape, slow hashes, messages."""

    def __init__(self) -> None:
        self.statements: Counter[str] = Counter()
        self.hashes = 0
        self.messages = 0


@contextmanager
def watched(provider: Provider, monkeypatch: pytest.MonkeyPatch) -> Iterator[Work]:
    work, database = Work(), provider.database
    real = hashing.verify_secret

    def counting(*arguments: object) -> bool:
        work.hashes += 1
        return real(*arguments)  # type: ignore[arg-type]

    def on_statement(_c: object, _cursor: object, statement: str, *_more: object) -> None:
        work.statements[statement] += 1

    engines = {database.writing_engine, database.reading_engine}
    before = _messages(provider)
    with monkeypatch.context() as patch:
        patch.setattr(hashing, "verify_secret", counting)
        for engine in engines:
            sa.event.listen(engine, "before_cursor_execute", on_statement)
        yield work
        for engine in engines:
            sa.event.remove(engine, "before_cursor_execute", on_statement)
    work.messages = _messages(provider) - before


def _messages(provider: Provider) -> int:
    with provider.database.reading() as tx:
        return tx.session.scalar(sa.select(sa.func.count()).select_from(OutboxRow)) or 0


def attempt(browser: Browser, identifier: str, password: str = "n'importe quoi du tout") -> None:
    browser.get(PAGE)
    browser.fill(identifier=identifier, password=password).press("sign-in")


def test_every_failure_has_the_same_words_and_status(visitor: Browser, people: dict[str, str], anne: Account) -> None:
    """X-13, A-31, A-35"""
    answers = set()

    for identifier in people.values():
        password = anne.password if identifier.startswith("disabled") else "n'importe quoi du tout"
        attempt(visitor, identifier, password)
        answers.add((visitor.page.status, tuple(visitor.page.errors), visitor.page.title))

    assert answers == {(422, (FAILED,), "Error: Please sign in – e-services CVCI")}


def test_every_failure_costs_the_same_work(
    provider: Provider, visitor: Browser, people: dict[str, str], anne: Account, monkeypatch: pytest.MonkeyPatch
) -> None:
    """X-13, by counting hashes, statements and messages"""
    costs = {}
    attempt(visitor, "whoever comes first from a network@example.ch")

    for why, identifier in people.items():
        visitor.get(PAGE)
        password = anne.password if why == "disabled" else "n'importe quoi du tout"
        visitor.fill(identifier=identifier, password=password)
        with watched(provider, monkeypatch) as work:
            visitor.press("sign-in")
        costs[why] = work

    for why, work in costs.items():
        assert work.hashes == 1, why
        assert work.messages == 0, why
        assert work.statements == costs["unknown"].statements, why


def test_the_reason_is_for_staff(provider: Provider, visitor: Browser, people: dict[str, str], anne: Account) -> None:
    """A-35"""
    for why, identifier in people.items():
        attempt(visitor, identifier, anne.password if why == "disabled" else "n'importe quoi du tout")

    with provider.database.reading() as tx:
        query = sa.select(AuditEvent).where(AuditEvent.name == "SignInRefused").order_by(AuditEvent.id)
        reasons = [event.details["reason"] for event in tx.session.scalars(query)]
    assert reasons == ["unknown", "unknown", "wrong", "disabled", "wrong", "legacy-migrated"]


@pytest.mark.parametrize("identifier", ["anne.rochat@example.ch", "nobody@example.ch", LEGACY])
def test_after_five_failures_everybody_waits_alike(
    visitor: Browser, people: dict[str, str], anne: Account, clock: MovableClock, identifier: str
) -> None:
    """X-14, X-29"""
    for _ in range(5):
        attempt(visitor, identifier)
        assert visitor.page.status == 422

    attempt(visitor, identifier, anne.password)
    assert visitor.page.status == 429
    assert visitor.page.errors == ["Too many tries. Try again at 14:01 or reset your password."]
    assert visitor.page.value("identifier") == identifier
    assert visitor.page.value("password") == ""

    clock.forward(seconds=61)
    attempt(visitor, identifier)
    assert visitor.page.status == 422
    attempt(visitor, identifier)
    assert visitor.page.errors == ["Too many tries. Try again at 14:03 or reset your password."]


def test_who_has_to_wait_can_still_reset_the_password(visitor: Browser, anne: Account, mailbox: Mailbox) -> None:
    """X-14, D-20"""
    for _ in range(6):
        attempt(visitor, anne.address)
    assert visitor.page.status == 429

    visitor.get(visitor.page.link("Forgot password?"))
    visitor.fill(identifier=anne.address).press("reset")

    assert visitor.page.status == 200
    assert any("/reset?" in mail.link for mail in mailbox.sent(to=anne.address, channel="email"))


def test_a_wait_that_ends_on_another_day_says_which(visitor: Browser, anne: Account, clock: MovableClock) -> None:
    """X-29"""
    clock.forward(hours=9, minutes=59)  # 23:59 in Zurich
    for _ in range(6):
        attempt(visitor, anne.address)

    assert visitor.page.errors == ["Too many tries. Try again on 17.07.2026 at 00:00 or reset your password."]


def test_the_owner_is_mailed_once_and_a_decoy_weighs_as_much(
    provider: Provider,
    visitor: Browser,
    anne: Account,
    mailbox: Mailbox,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """X-14"""
    costs = []
    attempt(visitor, "whoever comes first from a network@example.ch")
    for identifier in (anne.address, "nobody@example.ch"):
        for _ in range(5):
            attempt(visitor, identifier)
        visitor.get(PAGE)
        visitor.fill(identifier=identifier, password="encore un essai")
        with watched(provider, monkeypatch) as work:
            visitor.press("sign-in")
        costs.append(work)
        attempt(visitor, identifier)

    assert [work.messages for work in costs] == [1, 1]
    assert costs[0].statements == costs[1].statements
    assert [message.to for message in mailbox.sent()] == [anne.address]


def test_strangers_cannot_lock_out_a_browser_that_is_known(
    visitor: Browser, stranger: Browser, anne: Account, mailbox: Mailbox
) -> None:
    """ASVS 6.1.1: a known browser has a budget of its own."""
    sign_in(visitor, anne, mailbox)
    for _ in range(6):
        attempt(stranger, anne.address)
    assert stranger.page.status == 429

    sign_in(visitor, anne, mailbox)

    assert visitor.left_for


def test_a_complete_sign_in_forgets_the_failures(visitor: Browser, anne: Account, mailbox: Mailbox) -> None:
    for _ in range(4):
        attempt(visitor, anne.address)
    sign_in(visitor, anne, mailbox)

    for _ in range(5):
        attempt(visitor, anne.address)

    assert visitor.page.status == 422


@pytest.mark.parametrize("nonsense", ["", "é" * 10, "x" * 100_000, "😀", "\u202e@example.ch", "' OR 1=1 --", "a@b@c"])
def test_nonsense_is_refused_calmly(visitor: Browser, nonsense: str) -> None:
    attempt(visitor, nonsense, nonsense or "x")

    assert visitor.page.status == 422
    assert visitor.page.errors


def test_empty_fields_are_named_one_by_one(visitor: Browser) -> None:
    """A-23, X-12"""
    visitor.get(PAGE)

    page = visitor.press("sign-in")

    assert page.errors == ["Enter your email address or your user ID.", "Enter your password."]
    assert page.title.startswith("Error: ")
    assert page.field("identifier").get("aria-invalid") == "true"
    assert "identifier-error" in page.field("identifier").get("aria-describedby")


def test_what_was_typed_stays_but_never_the_password(visitor: Browser) -> None:
    """A-23"""
    attempt(visitor, "somebody@example.ch", "a password")

    assert visitor.page.value("identifier") == "somebody@example.ch"
    assert "a password" not in visitor.page.response.text


def test_wrong_second_steps_are_counted_per_person_and_day(
    app: Flask, visitor: Browser, anne: Account, mailbox: Mailbox, clock: MovableClock
) -> None:
    """At most 25 wrong second steps a day, over all runs and methods"""
    for _ in range(5):
        visitor.get(PAGE)
        visitor.fill(identifier=anne.address, password=anne.password).press("sign-in")
        wrong = "000000" if mailbox.last().code != "000000" else "111111"
        for _ in range(5):
            visitor.fill(code=wrong).press("verify")
        clock.forward(minutes=61)

    visitor.get(PAGE)
    visitor.fill(identifier=anne.address, password=anne.password).press("sign-in")
    visitor.fill(code=mailbox.last().code).press("verify")

    assert visitor.page.status == 429
    assert not visitor.cookie("session-e-services")


def test_a_password_that_is_changed_while_it_is_checked_signs_nobody_in(
    provider: Provider, visitor: Browser, anne: Account, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What was looked at before the transaction is looked at again inside it."""
    verify = hashing.Hasher.verify

    def changed_meanwhile(hasher: hashing.Hasher, plain: str, stored: str | None) -> hashing.Verdict:
        verdict = verify(hasher, plain, stored)
        with provider.database.transaction() as tx:
            passwords.replace(tx, anne.id, hasher.hash("a password of a minute later"), floor=12, reason="test")
        return verdict

    monkeypatch.setattr(hashing.Hasher, "verify", changed_meanwhile)

    visitor.get(PAGE)
    visitor.fill(identifier=anne.address, password=anne.password).press("sign-in")

    assert visitor.page.errors == [FAILED]
