"""Three inventories for auditors, made from the code: the lines of the log, the classes of data, and the rights."""

import ast
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import flows
import idp.app
from idp.api.routes import OPERATIONS
from idp.database import Base
from idp.staff.appointments import ALLOWED, Act, Role

ROOT = Path(__file__).resolve().parent.parent
ALL_TABLES = Base.metadata.tables
PLUGGED_IN = (idp.app, flows)
"""What has every table."""
LEVELS = frozenset({"debug", "info", "warning", "error", "exception"})

FIELDS: Mapping[str, str] = {
    "event": "what happened: `request` for a request, otherwise one of the events below; of a library its text,"
    " without values",
    "level": "`info`, `warning` or `error`",
    "time": "UTC, ISO 8601",
    "logger": "the library that wrote the line",
    "request": "the reference of the request, as the page of an error and `X-Request-ID` show it",
    "method": "the method of the request; `other` for one that nobody knows",
    "route": "its route, `/desk/person/<id>`: never an address, a query or a body",
    "status": "the status of the answer",
    "milliseconds": "how long it took",
    "address": "the address of the sender",
    "client": "the client id",
    "grant": "the grant of a request of tokens",
    "flow": "the journey",
    "step": "its step",
    "run": "the id of the run",
    "reason": "why, in words of the program or the class of a fault",
    "error": "the code of an OAuth error, or the class of a fault",
    "place": "files and lines of a fault",
    "message": "the id of a message; of a fault its text, in development only",
    "kind": "the kind of a message, call, check or chore",
    "lane": "the queue",
    "count": "how many",
    "attempt": "which try",
    "version": "a version",
    "file": "the name of a client or brand file",
    "path": "the place in it",
    "problem": "its fault",
    "person": "the id of a person, which says nothing by itself",
    "organisation": "the id of a company",
    "limit": "the name of a limit",
    "channel": "`email` or `sms`",
    "kid": "the id of a key",
    "alg": "an algorithm",
    "table": "a table",
    "job": "the id of a job",
    "dropped": "the names of fields that are not on this list, whose values were dropped",
}
LOGS_NOTE = """One JSON object a line, on standard error of each process. Fields pass by this list; what is not on
it is dropped (`idp/web/logging.py`). No line has a code, password, token, clear address or typed
text. The collector of the machine (journald, the container's log) keeps them; keep them for as long
as an incident may stay unnoticed, ninety days say. Security events are another record
([events](events.md)), which is kept in the database."""
DATA_NOTE = """Each table of the database is in one class. *Secret*: it opens an account or signs; *personal*: it
tells of a person (LPD art. 5 let. a, RGPD art. 4 no. 1); *inner*: it tells of no person. No data of
RGPD art. 9 or LPD art. 5 let. c is asked for; that someone belongs to a fund may tell some of it,
so judge it in the assessment of the fund. The fund or company decides why and how (the controller);
whoever runs the provider acts for it (the processor). How long rows are kept:
[retention](retention.md). A person reads what is stored of them, takes it along and has it erased
on their own pages (RGPD art. 15, 17, 20; LPD art. 25, 28, 32). For who asks by letter or telephone,
a supervisor makes the copy at the desk, two supervisors together delete the account there, and
`idp people erase` does so on the machine."""


RIGHTS_NOTE = """What is not allowed here is refused. People act for themselves only, on their own pages; what asks
for a recent sign-in or a second step is in [the journeys](../journeys.md). An administrator of a
company acts on its members and its directory, and on no other company's. Portals get what their
file says (`scope`, `grant_types`, `policy`). Operators act by `idp`, on the machine, with the
rights of its user and a reason that stays in the audit trail. The database's own roles are in
[operations](../operations.md#changing-security-events)."""
DESK_NOTE = """A role holds at the funds or portals of its appointment, and nowhere else. Deleting, merging,
appointing a supervisor and acts on many people need two supervisors ([desk](../desk.md))."""
PROGRAMS_NOTE = "A program's file names its scopes, and the funds and portals that they reach ([API](../api.md))."


@dataclass(frozen=True)
class DataClass:
    """Tables that are alike in what they hold and how they are protected."""

    holds: str
    level: str
    purpose: str
    protection: str
    tables: str


CLASSES: Sequence[DataClass] = (
    DataClass(
        "who a person is: names, addresses, numbers, birth date",
        "personal",
        "the account, a contract with the fund",
        "roles of the desk; masked in lists, messages and logs; erased with the account",
        "people email_addresses phones portal_identifiers pairwise_subjects scim_users staff",
    ),
    DataClass(
        "registers and former directories of a fund",
        "personal",
        "letters and migration, on the fund's behalf",
        "particulars and hashes sealed; former logins emptied at migration",
        "insured_persons legacy_accounts",
    ),
    DataClass(
        "what a person belongs to and has agreed to",
        "personal",
        "access to portals and companies; proof of consent",
        "rights of administrators; the desk acts with a reason",
        "organisations memberships enrolments consents terms_acceptances chosen_organisations staff_roles",
    ),
    DataClass(
        "proofs of a person",
        "secret",
        "sign-in",
        "Argon2id with a pepper, keyed digests, sealed values; public keys of passkeys",
        "passwords pending_passwords authenticators recovery_codes passkeys passkey_owners passkey_offers "
        "staff_passkeys",
    ),
    DataClass(
        "codes and links that were sent",
        "secret",
        "proof of a mailbox, number or letter",
        "keyed digests; short life, few tries",
        "one_time_codes registration_codes recoveries email_changes email_replacements phone_replacements "
        "account_closures",
    ),
    DataClass(
        "sessions, tokens and requests under way",
        "secret",
        "access that goes on",
        "digests of random values, sealed requests",
        "sessions staff_sessions client_sessions refresh_families access_tokens revoked_access_tokens "
        "authorization_codes device_codes pushed_requests stored_requests flow_runs scim_tokens known_browsers "
        "spent_challenges spent_identifiers",
    ),
    DataClass(
        "messages and letters that wait",
        "personal",
        "notices, codes, deliveries to portals",
        "sealed; blanked when sent",
        "outbox kept_events letter_job_pieces idempotent_requests",
    ),
    DataClass(
        "jobs and campaigns: their authors, reasons, names of files, and counts",
        "personal",
        "letters and changes of many, their proof",
        "rights of the desk and of programs; nobody whom a letter or change concerns is named",
        "letter_jobs letter_campaigns member_jobs",
    ),
    DataClass(
        "security events",
        "personal",
        "proof of what happened; a legal duty of the fund",
        "added to, never changed; a chain of hashes; ids and reasons only",
        "audit_events",
    ),
    DataClass(
        "records that are open at the desk, acts that wait for a second supervisor, acts done alone",
        "personal",
        "control of the desk",
        "ids and reasons only; deleted after days; what happened is in the security events",
        "staff_looks prepared_acts acts_done_alone",
    ),
    DataClass("signing keys", "secret", "tokens", "sealed under `IDP_SECRETS`", "signing_keys"),
    DataClass(
        "state of the installation",
        "inner",
        "operation",
        "roles of the database",
        "audit_chain channel_health event_stream_exclusions event_streams figure_cursor figures known_clients nodes "
        "rate_limits registered_clients registry_versions waiting_hashes",
    ),
)


@dataclass(frozen=True)
class LogLine:
    """A line that the program writes."""

    event: str
    level: str
    fields: tuple[str, ...]
    place: str


def log_lines() -> list[LogLine]:
    """Return every line that the code of the product writes, by its event."""
    found = [
        line for folder in ("idp", "flows") for path in sorted((ROOT / folder).rglob("*.py")) for line in lines_of(path)
    ]
    return sorted(set(found), key=lambda line: (line.event, line.place, line.level))


def lines_of(path: Path) -> Iterator[LogLine]:
    """Yield the lines that one file writes."""
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr in LEVELS:
            named = isinstance(node.func.value, ast.Name) and node.func.value.id == "log"
            if named and node.args and isinstance(node.args[0], ast.Constant):
                level = "error" if node.func.attr == "exception" else node.func.attr
                fields = tuple(each.arg for each in node.keywords if each.arg and each.arg != "exc_info")
                yield LogLine(str(node.args[0].value), level, fields, str(path.relative_to(ROOT)))


def logs() -> list[str]:
    """Return the lines of the page of logs."""
    fields = [f"| `{name}` | {meaning} |" for name, meaning in FIELDS.items()]
    events = [
        f"| `{line.event}` | {line.level} | {', '.join(f'`{each}`' for each in line.fields)} | `{line.place}` |"
        for line in log_lines()
    ]
    return [
        *(LOGS_NOTE, "", "## Fields", "", "| field | meaning |", "| --- | --- |", *fields, ""),
        *(
            "## Events",
            "",
            "| event | level | fields of its own | written by |",
            "| --- | --- | --- | --- |",
            *events,
            "",
        ),
    ]


def data() -> list[str]:
    """Return the lines of the page of data."""
    rows = [
        f"| {each.holds} | {each.level} | {each.purpose} | {each.protection} | {_codes(each.tables)} |"
        for each in CLASSES
    ]
    return [
        *(
            DATA_NOTE,
            "",
            "| holds | level | purpose | protection | tables |",
            "| --- | --- | --- | --- | --- |",
            *rows,
            "",
        ),
    ]


def authorization() -> list[str]:
    """Return the lines of the page of rights."""
    roles = list(Role)
    matrix = [f"| `{act}` | {' | '.join('yes' if act in ALLOWED[role] else '' for role in roles)} |" for act in Act]
    scopes: dict[str, list[str]] = defaultdict(list)
    for operation in OPERATIONS:
        for scope in operation.scopes:
            scopes[scope].append(f"{operation.method} `{operation.path}`")
    programs = [f"| `{scope}` | {'<br>'.join(operations)} |" for scope, operations in sorted(scopes.items())]
    return [
        *(RIGHTS_NOTE, "", "## The desk", "", DESK_NOTE, ""),
        *(f"| act | {' | '.join(roles)} |", f"| --- |{' --- |' * len(roles)}", *matrix, ""),
        *("## Programs of a fund", "", PROGRAMS_NOTE, "", "| scope | operations |", "| --- | --- |", *programs, ""),
    ]


def _codes(words: str) -> str:
    return ", ".join(f"`{each}`" for each in words.split())
