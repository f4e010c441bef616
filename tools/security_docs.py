"""`python -m tools.security_docs` writes the pages of `docs/security` that repeat what the code knows.

An auditor reads them; `tests/rules/test_security_docs.py` keeps them equal to the code.
"""

import inspect
import tomllib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import fields
from importlib import import_module
from pathlib import Path

from idp.audit.events.event import Event
from idp.codes.rules import ALPHABETS, RULES, CodeRules, Purpose
from idp.settings import Limit, Retention
from idp.settings_loader import load_settings, shipped_limits
from idp.upkeep import retention
from tools import security_inventories

ROOT = Path(__file__).resolve().parent.parent
FOLDER = ROOT / "docs" / "security"
DEFAULTS = ROOT / "config" / "defaults.toml"
EVENTS = ROOT / "idp" / "audit" / "events"
NOTE = "Written by `make docs` from the code."
CODES_NOTE = """Each number of tries holds for all live codes of one purpose and person together. A portal may
shorten a life or lengthen a code in its file, never below 19.9 bits. The odds of a day are those
of a guesser who has every code sent that the limits allow and tries as often as they allow; wrong
second steps are also counted per person (`limits.second_step`)."""
EVENTS_NOTE = """Each carries its time, a reference, the person, company and client it is about, its author, the
request, the sender's address and browser, and what is named here. None holds a code, password,
token or clear address."""
RETENTION_NOTE = "The worker deletes a row once this time has passed since the row was over."
DAY = 86400
COUNTED_BY = {Purpose.SIGN_IN_MAIL: ("second_step",), Purpose.SIGN_IN_SMS: ("second_step",)}
UNITS = ((365 * DAY, "year"), (DAY, "day"), (3600, "hour"), (60, "minute"), (1, "second"))


def duration(seconds: int) -> str:
    """Return a span in its largest whole unit: `5 minutes`, `1 day`."""
    size, name = next((unit for unit in UNITS if seconds and seconds % unit[0] == 0), UNITS[-1])
    count = seconds // size
    return f"{count} {name}" if count == 1 else f"{count} {name}s"


def table(headings: Sequence[str], rows: Sequence[Sequence[str]]) -> list[str]:
    """Return the lines of a Markdown table."""
    lines = [headings, ["---"] * len(headings), *rows]
    return [f"| {' | '.join(line)} |" for line in lines]


def codes() -> str:
    """Return the page of codes and limits."""
    limits = shipped_limits()
    page = ["# Codes, limits and the odds of a guess", "", NOTE, "", "## One-time codes", ""]
    page += [CODES_NOTE, ""]
    headings = ("purpose", "made of", "bits", "life", "tries", "odds of one code", "tries a day", "odds of a day")
    page += [*table(headings, [_code_row(purpose, rules, limits) for purpose, rules in RULES.items()]), ""]
    page += ["## Limits", "", "Counted in the database, for all nodes together, before the work they guard.", ""]
    comments = dict(_comments())
    rows = [
        (f"`limits.{name}`", f"{limit.times} in {duration(limit.window)}", _delay(limit), comments[name] or "the same")
        for name, limit in limits.items()
    ]
    return "\n".join([*page, *table(("limit", "as shipped", "growing wait", "of what"), rows), ""])


def _code_row(purpose: str, rules: CodeRules, limits: Mapping[str, Limit]) -> tuple[str, ...]:
    possible = len(ALPHABETS[rules.alphabet]) ** rules.length
    sent = min(_a_day(limits[name]) for name in rules.send_limits)
    tries = min([sent * rules.attempts, *(_a_day(limits[name]) for name in COUNTED_BY.get(purpose, ()))])
    return (
        f"`{purpose}`",
        f"{rules.length} {rules.alphabet}",
        f"{rules.bits:.1f}",
        duration(rules.lifetime),
        str(rules.attempts),
        f"1 in {possible // rules.attempts:,}",
        str(tries),
        f"1 in {possible // tries:,}",
    )


def _a_day(limit: Limit) -> int:
    return limit.times * DAY // limit.window


def _delay(limit: Limit) -> str:
    return f"from the {limit.delay_after + 1}th, {duration(limit.delay)}, doubling" if limit.delay else ""


def _comments() -> Iterator[tuple[str, str]]:
    """Yield the name of each limit with the comment above it in the shipped settings; one may stand above several."""
    said: list[str] = []
    for line in DEFAULTS.read_text("utf-8").splitlines():
        if line.startswith("# "):
            said.append(line.removeprefix("# "))
        elif line.startswith("[limits."):
            yield line.strip("[]").removeprefix("limits."), " ".join(said)
            said = []
        elif line:
            said = []


def events() -> str:
    """Return the inventory of security events."""
    page = ["# Security events", "", NOTE, "", EVENTS_NOTE, ""]
    for path in sorted(EVENTS.glob("[a-z]*.py")):
        kinds = list(_kinds(path.stem))
        if kinds:
            module = import_module(f"idp.audit.events.{path.stem}")
            title = (inspect.getdoc(module) or path.stem).splitlines()[0].rstrip(".")
            page += [
                f"## {title}",
                "",
                *table(("event", "meaning", "in addition"), [_event_row(kind) for kind in kinds]),
                "",
            ]
    return "\n".join(page)


def _kinds(module: str) -> Iterator[type[Event]]:
    found = import_module(f"idp.audit.events.{module}")
    for value in vars(found).values():
        if (
            isinstance(value, type)
            and issubclass(value, Event)
            and value.__module__ == found.__name__
            and value is not Event
        ):
            yield value


def _event_row(kind: type[Event]) -> tuple[str, str, str]:
    common = {field.name for field in fields(Event)}
    own = ", ".join(f"`{field.name}`" for field in fields(kind) if field.name not in common)
    return f"`{kind.__name__}`", _meaning(kind), own


def _meaning(kind: type[Event]) -> str:
    """Return the docstring; empty where the dataclass wrote one of its own."""
    said = " ".join((kind.__doc__ or "").split())
    return "" if said.startswith(f"{kind.__name__}(") else said


def kept() -> str:
    """Return the page of retention."""
    shipped = tomllib.loads(DEFAULTS.read_text("utf-8"))["retention"]
    settings = load_settings({"IDP_SECRETS": f"k:{'A' * 43}="}).retention
    rows = [(kind, duration(rule.kept) if rule.kept else "at once") for kind, rule in retention.rules(settings).items()]
    page = ["# How long rows are kept", "", NOTE, "", RETENTION_NOTE, ""]
    page += [*table(("kind", "kept after its end"), rows), "", "## Accounts", ""]
    named = [name for name in Retention.__struct_fields__ if name.startswith(("inactive", "closure"))]
    page += table(("setting", "as shipped"), [(f"`retention.{name}`", duration(shipped[name])) for name in named])
    return "\n".join([*page, ""])


def logs() -> str:
    """Return the inventory of the log."""
    return "\n".join(["# The log", "", NOTE, "", *security_inventories.logs()])


def data() -> str:
    """Return the classes of what is stored."""
    return "\n".join(["# Data, by class", "", NOTE, "", *security_inventories.data()])


def authorization() -> str:
    """Return who may do what."""
    return "\n".join(["# Authorization", "", NOTE, "", *security_inventories.authorization()])


PAGES = {
    "authorization.md": authorization,
    "codes-and-limits.md": codes,
    "data.md": data,
    "events.md": events,
    "logs.md": logs,
    "retention.md": kept,
}


def main() -> None:
    """Write every page."""
    for name, made in PAGES.items():
        (FOLDER / name).write_text(made(), encoding="utf-8")


if __name__ == "__main__":
    main()
