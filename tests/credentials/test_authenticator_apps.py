"""Authenticator apps of a person, and which codes they accept."""

import pytest

from idp.audit.log import AuditEvent
from idp.credentials import authenticator_apps
from idp.database import Database
from idp.provider import Provider
from idp.sealing import Sealer
from idp.settings import Settings
from idp.upkeep import resealing
from tests.support import people
from tests.support.authenticators import SECRET, code_at
from tests.support.clock import MovableClock
from tests.support.parallel import in_parallel
from tests.support.purging import purge

pytestmark = pytest.mark.both_databases

OTHER = "KRSXG5CTMVRXEZLUKRSXG5CTMVRXEZLU"


@pytest.fixture
def anne(database: Database) -> str:
    with database.transaction() as tx:
        return people.person(tx).id


def accept(database: Database, person_id: str, code: str) -> str:
    with database.transaction() as tx:
        return authenticator_apps.accept(tx, person_id, code)


def test_an_app_counts_from_its_first_right_code_on(database: Database, clock: MovableClock, anne: str) -> None:
    with database.transaction() as tx:
        begun = authenticator_apps.begin(tx, anne)
        secret = authenticator_apps.unconfirmed_secret(tx, anne, begun)
        assert authenticator_apps.accept(tx, anne, code_at(secret, clock.now())) == ""
        assert authenticator_apps.listed(tx, anne) == []

        assert authenticator_apps.confirm(tx, anne, begun, "000000", name="Phone") == ""
        assert authenticator_apps.confirm(tx, anne, begun, code_at(secret, clock.now()), name="Phone")

        assert [(app.name, app.added_at) for app in authenticator_apps.listed(tx, anne)] == [("Phone", clock.now())]
        assert authenticator_apps.unconfirmed_secret(tx, anne, begun) == ""
        names = [event.name for event in tx.session.query(AuditEvent).filter_by(person_id=anne)]
        assert "AuthenticatorAdded" in names


def test_a_new_secret_has_160_bits_in_the_alphabet_that_apps_read(database: Database, anne: str) -> None:
    """RFC 4226 §4 (R6), RFC 4648 §6"""
    with database.transaction() as tx:
        secret = authenticator_apps.unconfirmed_secret(tx, anne, authenticator_apps.begin(tx, anne))

    assert len(secret) == 160 / 5
    assert set(secret) <= set("ABCDEFGHIJKLMNOPQRSTUVWXYZ234567")


def test_the_code_that_confirmed_an_app_does_not_sign_in(database: Database, clock: MovableClock, anne: str) -> None:
    with database.transaction() as tx:
        begun = authenticator_apps.begin(tx, anne)
        code = code_at(authenticator_apps.unconfirmed_secret(tx, anne, begun), clock.now())
        authenticator_apps.confirm(tx, anne, begun, code, name="Phone")

    assert accept(database, anne, code) == ""


@pytest.mark.parametrize(("steps", "accepted"), [(-2, False), (-1, True), (0, True), (1, True), (2, False)])
def test_a_clock_may_be_one_step_off(
    database: Database, clock: MovableClock, anne: str, steps: int, accepted: bool
) -> None:
    with database.transaction() as tx:
        installed = authenticator_apps.install(tx, anne, name="Phone", secret=SECRET)

    assert accept(database, anne, code_at(SECRET, clock.now(), steps=steps)) == (installed if accepted else "")


def test_a_code_may_be_typed_in_two_groups(database: Database, clock: MovableClock, anne: str) -> None:
    """X-06"""
    with database.transaction() as tx:
        installed = authenticator_apps.install(tx, anne, name="Phone", secret=SECRET)
    code = code_at(SECRET, clock.now())

    assert accept(database, anne, f" {code[:3]} {code[3:]} ") == installed


def test_a_code_works_once_even_when_it_is_sent_many_times_at_once(
    database: Database, clock: MovableClock, anne: str
) -> None:
    """RFC 6238 §5.2"""
    with database.transaction() as tx:
        installed = authenticator_apps.install(tx, anne, name="Phone", secret=SECRET)
    code = code_at(SECRET, clock.now())

    answers = in_parallel(*[lambda: accept(database, anne, code)] * 5)

    assert sorted(answers) == ["", "", "", "", installed]


def test_an_older_code_does_not_work_after_a_newer_one(database: Database, clock: MovableClock, anne: str) -> None:
    with database.transaction() as tx:
        authenticator_apps.install(tx, anne, name="Phone", secret=SECRET)
    earlier, now = code_at(SECRET, clock.now(), steps=-1), code_at(SECRET, clock.now())

    assert accept(database, anne, now)
    assert accept(database, anne, earlier) == ""


def test_each_of_several_apps_signs_in(database: Database, clock: MovableClock, anne: str) -> None:
    with database.transaction() as tx:
        first = authenticator_apps.install(tx, anne, name="Phone", secret=SECRET)
        second = authenticator_apps.install(tx, anne, name="Tablet", secret=OTHER)

    assert accept(database, anne, code_at(OTHER, clock.now())) == second
    assert accept(database, anne, code_at(SECRET, clock.now())) == first


def test_the_app_of_another_person_is_out_of_reach(database: Database, clock: MovableClock, anne: str) -> None:
    with database.transaction() as tx:
        marc = people.person(tx, "marc.dubois@example.ch").id
        his = authenticator_apps.install(tx, marc, name="Phone", secret=SECRET)
        begun = authenticator_apps.begin(tx, marc)
        code = code_at(SECRET, clock.now())

        assert authenticator_apps.accept(tx, anne, code) == ""
        assert authenticator_apps.unconfirmed_secret(tx, anne, begun) == ""
        assert not authenticator_apps.rename(tx, anne, his, "Mine")
        assert authenticator_apps.remove(tx, anne, his, reason="own") == ""


def test_a_person_has_a_few_apps_and_no_more(database: Database, clock: MovableClock, anne: str) -> None:
    with database.transaction() as tx:
        for number in range(authenticator_apps.MOST):
            authenticator_apps.install(tx, anne, name=f"Phone {number}", secret=SECRET)
        begun = authenticator_apps.begin(tx, anne)
        code = code_at(authenticator_apps.unconfirmed_secret(tx, anne, begun), clock.now())

        assert authenticator_apps.confirm(tx, anne, begun, code, name="One more") == ""


def test_apps_that_were_never_confirmed_are_few_and_go(database: Database, clock: MovableClock, anne: str) -> None:
    with database.transaction() as tx:
        begun = [authenticator_apps.begin(tx, anne) for _ in range(authenticator_apps.MOST + 3)]
        waiting = [each for each in begun if authenticator_apps.unconfirmed_secret(tx, anne, each)]
        assert waiting == begun[-authenticator_apps.MOST :]
        authenticator_apps.install(tx, anne, name="Phone", secret=SECRET)
    clock.forward(days=2)

    with database.transaction() as tx:
        assert purge(tx, "unconfirmed_apps") == authenticator_apps.MOST
        assert [app.name for app in authenticator_apps.listed(tx, anne)] == ["Phone"]


def test_a_removed_app_signs_in_no_more(database: Database, clock: MovableClock, anne: str) -> None:
    with database.transaction() as tx:
        installed = authenticator_apps.install(tx, anne, name="Phone", secret=SECRET)
        assert authenticator_apps.rename(tx, anne, installed, "Old phone")
        assert authenticator_apps.remove(tx, anne, installed, reason="own")
        assert not authenticator_apps.holds(tx, anne, installed)

    assert accept(database, anne, code_at(SECRET, clock.now())) == ""


def test_an_app_goes_on_after_the_key_that_sealed_it_is_gone(
    provider: Provider, database: Database, settings: Settings, clock: MovableClock, anne: str
) -> None:
    """Rulings 22"""
    with database.transaction() as tx:
        installed = authenticator_apps.install(tx, anne, name="Phone", secret=SECRET)
    database.sealer = Sealer({**settings.secrets.keys, "newer": b"n" * 32}, "newer")

    assert resealing.reseal(provider)["authenticator apps"].resealed == 1

    database.sealer = Sealer({"newer": b"n" * 32}, "newer")
    assert accept(database, anne, code_at(SECRET, clock.now())) == installed
