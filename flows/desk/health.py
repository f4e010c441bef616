"""The state of the system, for operators: `idp doctor`, nodes, queue, failing recipients and keys. No personal data."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from flask import redirect, request
from werkzeug.exceptions import NotFound
from werkzeug.wrappers import Response as AnyResponse

from flows.desk import fault_words, file_words, find, health_words, rooms, staff
from flows.desk.fault_words import DeliveryFault
from flows.desk.visit import AfterCommit, DeskVisit
from idp.actions.webhooks import replay_webhooks
from idp.database import Transaction
from idp.events.transmission import PUSH
from idp.events.webhooks import KIND as WEBHOOK
from idp.messages import outbox
from idp.messages.outbox import FailingDelivery
from idp.upkeep import diagnosis, fleet, nodes
from idp.upkeep.diagnosis import BAD, GOOD, WEAK, Finding
from idp.upkeep.fleet import ComparedNode, Difference
from idp.wording import Text, text

FILES = "client files"
VERDICTS = {
    GOOD: (text("In order"), "good"),
    WEAK: (text("Could be stronger"), "waiting"),
    BAD: (text("Needs fixing"), "bad"),
}


DONE: Mapping[str, Text] = {"replayed": text("The lost events are sent again.")}
NOTHING_LOST = text("Nothing was sent: no event of this program is lost any more.")


@dataclass(frozen=True)
class ShownFinding:
    """A finding as the page shows it: `reason` in the words of the page, or else `verbatim` in those of the program.

    `fault` is why another server did not answer, or what is wrong in the file that `where` names.
    """

    check: Text
    verdict: str
    reason: Text | None
    verbatim: str
    fault: DeliveryFault | None = None
    where: str = ""


@dataclass(frozen=True)
class LostEvents:
    """Events that a receiver did not get. `is_kept`: web-hooks, which can be sent again."""

    client_id: str
    name: str
    said: Text
    is_kept: bool


@dataclass(frozen=True)
class NodeLine:
    """A node, and what it has that most others have not."""

    node: ComparedNode
    differs: Sequence[Text]


def show(visit: DeskVisit) -> AfterCommit:
    """Examine once the look at the session is over: a check may ask a mail server."""
    return AfterCommit(lambda: _page(visit))


def replay(visit: DeskVisit, client_id: str) -> AnyResponse | AfterCommit:
    """Send a program again the web-hooks that it lost."""
    client, reason = visit.registry.client(client_id), find.reason_of()
    if client is None or client.webhook is None:
        raise NotFound
    if not reason:
        return _refused(visit, client_id, staff.NO_REASON)
    if not replay_webhooks(visit.tx, client_id, since=None, by=visit.actor, reason=reason).events:
        return _refused(visit, client_id, NOTHING_LOST)
    return redirect(f"{rooms.HEALTH.path}?done=replayed", 303)


def _refused(visit: DeskVisit, client_id: str, why: Text) -> AfterCommit:
    return AfterCommit(lambda: _page(visit, {f"reason-{client_id}": why}))


def _page(visit: DeskVisit, errors: Mapping[str, Text] | None = None) -> AnyResponse:
    provider = visit.provider
    findings = diagnosis.examine(provider, [str(problem) for problem in provider.registry.problems])
    with provider.database.reading() as tx:
        waiting, failing, lost = outbox.backlog(tx), outbox.failing(tx), _lost(visit, tx)
        known, own = nodes.reported(tx), nodes.this_process(tx, provider)
    return visit.page(
        "health.html",
        rooms.HEALTH,
        DONE.get(request.args.get("done", "")),
        422 if errors else 200,
        findings=[_shown(visit, each) for each in _worst_first(findings) if each.verdict != GOOD],
        sound=_sound(findings),
        verdicts=VERDICTS,
        waiting=[health_words.waiting(lane, many) for lane, many in waiting.items()],
        failing=[_failing(visit, each) for each in failing],
        lost=lost,
        keys=provider.signing_keys.published(),
        lines=[NodeLine(node, _differs(node.difference)) for node in fleet.compare(known, own)],
        faults=[(file_words.of_file(fault), nodes) for fault, nodes in fleet.file_faults(known).items()],
        errors=errors or {},
    )


def _failing(visit: DeskVisit, found: FailingDelivery) -> tuple[Text, DeliveryFault]:
    receiver = visit.portal_name(found.client_id) if found.client_id else ""
    return health_words.failing(found, receiver), fault_words.of_delivery(found.fault)


def _lost(visit: DeskVisit, tx: Transaction) -> list[LostEvents]:
    return [
        LostEvents(client_id, name, health_words.lost(name, count, oldest), is_kept=kind == WEBHOOK)
        for kind in (PUSH, WEBHOOK)
        for client_id, count, oldest in outbox.given_up(tx, (kind,))
        for name in (visit.portal_name(client_id),)
    ]


def _differs(found: Difference) -> list[Text]:
    parts = (
        (found.version, text("version")),
        (found.tables, text("settings (%(tables)s)", tables=", ".join(found.tables))),
        (found.clients, text("portal files")),
        (found.brands, text("brand folders")),
    )
    return [words for differs, words in parts if differs]


def _shown(visit: DeskVisit, finding: Finding) -> ShownFinding:
    if finding.check == FILES and finding.reason:
        found = file_words.of_file(finding.reason)
        return ShownFinding(health_words.check(finding), finding.verdict, None, "", found.why, found.where)
    reason = health_words.said(finding.reason, visit.portal_name_and_id)
    verbatim = "" if reason is not None else finding.reason
    quoted = health_words.fault_in(reason) if reason is not None else ""
    fault = fault_words.of_delivery(quoted) if quoted else None
    return ShownFinding(health_words.check(finding), finding.verdict, reason, verbatim, fault)


def _sound(findings: Sequence[Finding]) -> Sequence[Text]:
    """Return the names of the checks that found nothing."""
    faulty = {finding.check for finding in findings if finding.verdict != GOOD}
    sound = dict.fromkeys(finding.check for finding in findings if finding.check not in faulty)
    return [health_words.CHECKS.get(check, Text(check)) for check in sound]


def _worst_first(findings: Sequence[Finding]) -> list[Finding]:
    order = (BAD, WEAK, GOOD)
    return sorted(findings, key=lambda finding: order.index(finding.verdict))
