"""Security events leave the database as chained lines: none is lost, repeated or changed without a trace."""

import dataclasses
import fcntl
import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from functools import partial
from pathlib import Path

import msgspec
import pytest

from idp.audit import chain, shipping
from idp.audit.chain import ChainFault, ChainHead
from idp.audit.events.event import Event
from idp.audit.log import record
from idp.audit.shipping import ForkedChain
from idp.database import Database, Origin, Transaction
from idp.provider import Provider
from idp.settings import AuditSettings, Settings
from idp.upkeep import diagnosis
from tests.support.clock import MovableClock, WrongClock
from tests.support.parallel import in_parallel

pytestmark = pytest.mark.both_databases

WORKER = Origin(actor="worker")


class Log:
    """A file that a worker writes to."""

    def __init__(self, database: Database, path: Path) -> None:
        self.database, self.path = database, path

    def happen(self, *people: str) -> None:
        for person in people:
            with self.database.transaction(Origin(address="192.0.2.7", user_agent="Fire\nfox é")) as tx:
                record(tx, Event(person_id=person))

    def ship(self) -> int:
        return shipping.ship(self.database, AuditSettings(file=str(self.path), stdout=False), WORKER)

    @property
    def lines(self) -> list[str]:
        return self.path.read_text().splitlines()

    @property
    def people(self) -> list[str]:
        return [json.loads(line)["person"] for line in self.lines]

    def verify(self) -> tuple[int, int] | str:
        found = chain.verify(self.lines)
        return found.reason if isinstance(found, ChainFault) else (found[0].sequence, found[1].sequence)


@pytest.fixture
def log(database: Database, tmp_path: Path) -> Log:
    return Log(database, tmp_path / "logs" / "audit.jsonl")


def test_every_event_becomes_a_line_chained_to_the_one_before(log: Log) -> None:
    """ASVS 16.4.2, 16.4.3"""
    log.happen("anne", "beat")
    assert log.ship() == 2
    log.happen("claire")
    assert log.ship() == 1

    assert log.people == ["anne", "beat", "claire"]
    assert log.verify() == (1, 3)
    first, second, _ = map(json.loads, log.lines)
    assert (first["event"], first["address"], first["actor"]) == ("Event", "192.0.2.7", "")
    assert second["previous"] == first["hash"]
    assert os.stat(log.path).st_mode & 0o077 == 0


def test_nothing_is_written_where_nothing_happened(log: Log) -> None:
    log.happen("anne")
    log.ship()

    assert log.ship() == 0
    assert log.people == ["anne"]


def test_without_a_destination_events_stay_in_the_table(database: Database, log: Log) -> None:
    log.happen("anne")

    assert shipping.ship(database, AuditSettings(file="", stdout=False), WORKER) == 0


def test_lines_go_to_standard_output_where_that_is_wanted(
    database: Database, log: Log, capsys: pytest.CaptureFixture[str]
) -> None:
    log.happen("anne")

    assert shipping.ship(database, AuditSettings(file="", stdout=True), WORKER) == 1

    assert chain.verify(capsys.readouterr().out.splitlines()) == (ChainHead(1, _head(database).hash), _head(database))


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda lines: [lines[0], lines[1].replace("beat", "bert"), *lines[2:]], "line 2 was changed"),
        (lambda lines: [lines[0], lines[1].replace('":"', '": "', 1), *lines[2:]], "line 2 was changed"),
        (lambda lines: [lines[0], *lines[2:]], "line 2: events 2 to 2 are missing"),
        (lambda lines: [lines[0], lines[2], lines[1], lines[3]], "line 2: events 2 to 2 are missing"),
        (lambda lines: [*lines[:2], lines[1], *lines[2:]], "line 3: event 2 stands after event 2"),
        (lambda lines: [lines[1], lines[0], *lines[2:]], "line 2: event 1 stands after event 2"),
        (lambda lines: [*lines[:3], lines[3][:-20]], "line 4 was changed"),
        (lambda lines: ["{}", *lines], "line 1 was changed"),
        (lambda _lines: [], "there is no line"),
    ],
)
def test_a_changed_missing_repeated_or_moved_line_is_found(log: Log, change: object, said: str) -> None:
    log.happen("anne", "beat", "claire", "denis")
    log.ship()
    assert callable(change)

    found = chain.verify(change(log.lines))

    assert isinstance(found, ChainFault)
    assert found.reason.startswith(said)


def test_a_line_that_was_written_anew_with_a_right_hash_of_its_own_does_not_fit(log: Log) -> None:
    log.happen("anne", "beat", "claire")
    log.ship()
    entry = json.loads(log.lines[1]) | {"person": "bert"}
    del entry["hash"]
    forged = chain._sealed(entry["sequence"], entry).text

    found = chain.verify([log.lines[0], forged, log.lines[2]])

    assert found == ChainFault("line 3: event 3 does not follow the one before: one was replaced")


def test_the_worker_after_a_crash_goes_on_where_the_file_ends(
    log: Log, clock: MovableClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    log.happen("anne", "beat")
    with monkeypatch.context() as patch, pytest.raises(SystemExit):
        patch.setattr(chain, "note_written", _die)
        log.ship()
    log.happen("claire")
    assert log.ship() == 0  # the dead worker's lease still runs

    clock.forward(seconds=31)
    log.ship()
    log.ship()

    assert log.people == ["anne", "beat", "claire"]
    assert log.verify() == (1, 3)


def test_a_line_that_was_cut_off_is_written_again(
    log: Log, clock: MovableClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    log.happen("anne", "beat")
    with monkeypatch.context() as patch, pytest.raises(SystemExit):
        patch.setattr(chain, "note_written", _die)
        log.ship()
    log.path.write_bytes(log.path.read_bytes()[:-30])

    clock.forward(seconds=31)
    log.ship()

    assert log.people == ["anne", "beat"]
    assert log.verify() == (1, 2)


def test_a_rotated_file_is_followed_by_a_new_one_with_the_same_chain(log: Log) -> None:
    log.happen("anne", "beat")
    log.ship()
    log.path.rename(log.path.with_suffix(".1"))
    log.happen("claire")
    log.ship()

    assert log.people == ["claire"]
    assert log.verify() == (3, 3)
    both = log.path.with_suffix(".1").read_text().splitlines() + log.lines
    assert not isinstance(chain.verify(both), ChainFault)
    assert isinstance(chain.verify(both[1:2] + both[:1] + both[2:]), ChainFault)


def test_a_file_of_another_installation_is_not_written_to(log: Log, database: Database) -> None:
    log.happen("anne")
    log.ship()
    foreign = log.lines
    log.path.write_text("\n".join(foreign) + "\n")
    with database.transaction() as tx:
        tx.session.get_one(chain.AuditChain, chain.THE_ROW).written = 0
        tx.session.get_one(chain.AuditChain, chain.THE_ROW).hash = "1" * 64

    with pytest.raises(ForkedChain):
        log.ship()

    assert log.lines == foreign


def test_of_several_workers_at_once_each_line_is_written_by_one(log: Log) -> None:
    log.happen(*(f"person-{number}" for number in range(20)))

    in_parallel(*[log.ship] * 4)
    log.ship()

    assert sorted(log.people) == sorted(f"person-{number}" for number in range(20))
    assert log.verify() == (1, 20)


def test_of_two_processes_that_write_one_file_none_loses_or_repeats_a_line(
    log: Log, settings: Settings, tmp_path: Path
) -> None:
    """ASVS 16.4.2: the file names no line twice, and each line follows the one before."""
    log.path.parent.mkdir()
    people = [f"person-{number}" for number in range(3 * chain.BATCH)]
    with log.database.transaction() as tx:
        for person in people:
            record(tx, Event(person_id=person))
    arguments = (settings.database.url, tmp_path, log.path)
    writers = [_writer(*arguments), _writer(*arguments)]
    try:
        for each in writers:
            assert each.stdout is not None
            assert each.stdout.readline() == "ready\n"
        said = [
            answer for answer, _ in in_parallel(*[partial(each.communicate, "now\n", timeout=60) for each in writers])
        ]
    finally:
        for each in writers:
            each.kill()
            each.wait()

    assert log.people == people
    assert log.verify() == (1, len(people))
    assert sum(map(int, said)) == len(people)


class SleepingDatabase(Database):
    """The database of a worker that sleeps after its first transaction, for as long as `sleep` does."""

    def __init__(self, awake: Database, sleep: Callable[[], object]) -> None:
        super().__init__(awake.writing_engine, awake.reading_engine, awake.clock, awake.sealer)
        self._sleep: Callable[[], object] | None = sleep

    @contextmanager
    def transaction(self, origin: Origin = WORKER) -> Iterator[Transaction]:
        with super().transaction(origin) as tx:
            yield tx
        sleep, self._sleep = self._sleep, None
        if sleep is not None:
            sleep()


@pytest.mark.parametrize("others_continue", [True, False], ids=["others went on", "nobody else wrote"])
def test_a_worker_that_slept_past_its_lease_writes_nothing(
    log: Log, clock: MovableClock, others_continue: bool
) -> None:
    def sleep() -> None:
        clock.forward(seconds=31)
        if others_continue:
            log.ship()
            log.happen("claire")
            log.ship()

    log.happen("anne", "beat")
    settings = AuditSettings(file=str(log.path), stdout=False)

    assert shipping.ship(SleepingDatabase(log.database, sleep), settings, WORKER) == 0

    log.ship()
    assert log.people == ["anne", "beat", "claire"][: 3 if others_continue else 2]
    assert not isinstance(log.verify(), str)


def test_a_worker_that_slept_past_its_lease_does_not_repeat_lines_on_standard_output(
    log: Log, clock: MovableClock, capsys: pytest.CaptureFixture[str]
) -> None:
    settings = AuditSettings(file="", stdout=True)

    def sleep() -> None:
        clock.forward(seconds=31)
        shipping.ship(log.database, settings, WORKER)

    log.happen("anne", "beat")

    assert shipping.ship(SleepingDatabase(log.database, sleep), settings, WORKER) == 0

    assert [json.loads(line)["person"] for line in capsys.readouterr().out.splitlines()] == ["anne", "beat"]


def test_a_file_that_another_process_writes_is_left_to_it(log: Log) -> None:
    log.happen("anne")
    log.ship()
    log.happen("beat")

    with log.path.open("ab") as writing:
        fcntl.flock(writing, fcntl.LOCK_EX)
        assert log.ship() == 0

    assert log.people == ["anne"]


def test_a_clock_that_is_ahead_takes_no_lease_that_still_runs(log: Log, clock: MovableClock) -> None:
    """Rulings 37"""
    log.happen("anne")
    with log.database.transaction() as tx:
        assert chain.take(tx, "somebody")
    ahead = WrongClock(clock, timedelta(minutes=1))
    database = Database(log.database.writing_engine, log.database.reading_engine, ahead, log.database.sealer)

    with database.transaction() as tx:
        assert chain.take(tx, "another") == []


def test_the_doctor_sees_events_that_do_not_leave(log: Log, provider: Provider, clock: MovableClock) -> None:
    """ASVS 16.4.3"""
    settings = msgspec.structs.replace(provider.settings, audit=AuditSettings(file=str(log.path), stdout=False))
    writing = dataclasses.replace(provider, settings=settings)
    log.happen("anne")
    clock.forward(minutes=9)
    assert list(diagnosis.audit_lines(writing)) == []

    clock.forward(minutes=2)

    (found,) = diagnosis.audit_lines(writing)
    assert (found.check, found.verdict) == ("audit lines", diagnosis.WEAK)
    assert list(diagnosis.audit_lines(provider)) == []  # where nothing is to be written, nothing is late
    log.ship()
    assert list(diagnosis.audit_lines(writing)) == []


def _writer(*arguments: object) -> subprocess.Popen[str]:
    command = [sys.executable, "-m", "tests.audit.writer_process", *map(str, arguments)]
    return subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)


def _die(*_arguments: object) -> None:
    raise SystemExit


def _head(database: Database) -> ChainHead:
    with database.reading() as tx:
        return chain.head(tx)
