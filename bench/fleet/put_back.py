"""Faults of earlier versions, put back by small changes: `python -m bench.fleet.chaos --put-back F2 F5`.

A script that finds no fault may be blind. So each finding of an earlier run can be put back into a copy of this
release. The script then makes the faults that show it, and fails if all seems well.
"""

import re
from collections.abc import Mapping, Sequence
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
    """Changes that put it back, the faults (words of their names) that show it, and what is then said (a pattern)."""

    title: str
    changes: tuple[Change, ...]
    shown_by: tuple[str, ...]
    said: str

    def is_among(self, found: Sequence[str]) -> bool:
        """Return whether a sentence of a run tells of this finding."""
        return any(re.search(self.said, sentence) for sentence in found)


FINDINGS: Mapping[str, Finding] = {
    "F1": Finding(
        "a schema that is ahead makes every older node unready",
        (
            Change(
                "idp/migrations/__init__.py", "return current(database) < NEWEST", "return current(database) != NEWEST"
            ),
        ),
        ("schema",),
        said="a step ahead: unready",
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
        said="gateway is slow: .*(30.0 s are promised|no code arrived)",
    ),
    "F3": Finding(
        "a worker kills the messages whose key it does not know",
        (
            Change(
                "idp/messages/worker.py", "if taken.parcel.expires_at > tx.shared.now:", "if taken.parcel.id is None:"
            ),
        ),
        ("lacks a key",),
        said="was given up as",
    ),
    "F4": Finding(
        "each process goes by its own clock",
        (Change("idp/clock.py", "        return ask()", "        return self.now()"),),
        ("clock is ahead",),
        said="messages still wait|was given up as|clock is off is ready",
    ),
    "F5": Finding(
        "a read-only database is a bug",
        (
            Change("idp/outages.py", "OUTAGES = (READ_ONLY, ", "OUTAGES = ("),
            Change("idp/outages.py", "DROPPED = (READ_ONLY, ", "DROPPED = ("),
        ),
        ("takes no writes",),
        said="takes no writes: answers .*'500",
    ),
    "F6": Finding(
        "a file that is missing for a moment ends all access of its portal",
        (Change("idp/clients/reconcile.py", '"before": tx.now - grace', '"before": tx.now - 0 * grace', times=2),),
        ("file is missing",),
        said="refresh families were ended",
    ),
    "F7": Finding(
        "a clock that is set back stops following keys",
        (Change("idp/signing_keys.py", "clock.monotonic()", "clock.now().timestamp()", times=3),),
        ("set back",),
        said="did not publish the key",
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
        said="told to end: answers",
    ),
    "F9": Finding(
        "a new key signs before every process publishes it",
        (Change("idp/signing_keys.py", "wait = SOON if soon", "wait = timedelta() if soon"),),
        ("keys are rotated",),
        said="did not publish the key",
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
