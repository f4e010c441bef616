"""Faults of earlier versions, put back by small changes: `python -m bench.fleet.chaos --put-back F2`.

A script that finds no fault may be blind. So each finding of an earlier run can be put back into a copy of this
release. The script then makes the faults that show it, and fails if all seems well.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Change:
    """One text of a file, as it is and as it was."""

    file: str
    now: str
    before: str
    times: int = 1


@dataclass(frozen=True)
class Finding:
    """Changes that put it back, and the faults (words of their names) that show it."""

    title: str
    changes: tuple[Change, ...]
    shown_by: tuple[str, ...]


FINDINGS: Mapping[str, Finding] = {
    "F1": Finding(
        "a schema that is ahead makes every older node unready",
        (
            Change(
                "idp/migrations/__init__.py", "return current(database) < NEWEST", "return current(database) != NEWEST"
            ),
        ),
        ("schema",),
    ),
    "F2": Finding(
        "one hiccup of a channel costs minutes of codes",
        (
            Change(
                "idp/messages/health.py",
                "tolerated=3, pause=timedelta(seconds=15), longest=timedelta(seconds=30)",
                "tolerated=3, pause=timedelta(seconds=15), longest=timedelta(seconds=300)",
            ),
            Change("idp/outbound/breaker.py", "began < before.counted_at <= now", "began > now"),
        ),
        ("gateway",),
    ),
    "F3": Finding(
        "a worker kills the messages whose key it does not know",
        (
            Change(
                "idp/messages/worker.py", "if taken.parcel.expires_at > tx.shared.now:", "if taken.parcel.id is None:"
            ),
        ),
        ("lacks a key",),
    ),
    "F4": Finding(
        "each process goes by its own clock",
        (Change("idp/clock.py", "        return ask()", "        return self.now()"),),
        ("worker's clock is ahead",),
    ),
    "F5": Finding(
        "a read-only database is a bug",
        (
            Change("idp/outages.py", "OUTAGES = (READ_ONLY, ", "OUTAGES = ("),
            Change("idp/outages.py", "DROPPED = (READ_ONLY, ", "DROPPED = ("),
        ),
        ("takes no writes",),
    ),
    "F6": Finding(
        "a file that is missing for a moment ends all access of its portal",
        (Change("idp/clients/reconcile.py", '"before": tx.now - grace', '"before": tx.now - 0 * grace'),),
        ("file is missing",),
    ),
    "F7": Finding(
        "a clock that is set back stops following keys",
        (Change("idp/signing_keys.py", "clock.monotonic()", "clock.now().timestamp()", times=3),),
        ("set back",),
    ),
    "F8": Finding(
        "a node closes before anybody knows",
        (
            Change(
                "idp/resources/config/gunicorn.conf.py",
                "end = time.monotonic() + settings.server.drain",
                "end = time.monotonic()",
            ),
        ),
        ("told to end",),
    ),
    "F9": Finding(
        "a new key signs before every process publishes it",
        (Change("idp/signing_keys.py", "wait = SOON if soon", "wait = timedelta() if soon"),),
        ("keys are rotated",),
    ),
}


def put_back(finding: Finding, folder: Path) -> None:
    """Change the copy of the release in this folder. Raises `ValueError` where a text is not there any more."""
    for change in finding.changes:
        path = folder / change.file
        text = path.read_text(encoding="utf-8")
        if text.count(change.now) != change.times:
            raise ValueError(f"{change.file} has {change.now!r} {text.count(change.now)} times, not {change.times}")
        path.write_text(text.replace(change.now, change.before), encoding="utf-8")
