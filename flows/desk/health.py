"""« Santé »: for operators, what `idp doctor` says, with the queue, failing recipients and keys. No personal data."""

from collections.abc import Sequence

from werkzeug.wrappers import Response as AnyResponse

from flows.desk import rooms
from flows.desk.visit import AfterCommit, DeskVisit
from idp.messages import outbox
from idp.upkeep import diagnosis
from idp.upkeep.diagnosis import BAD, GOOD, WEAK, Finding
from idp.wording import text

VERDICTS = {GOOD: (text("OK"), "good"), WEAK: (text("Weak"), "waiting"), BAD: (text("Faulty"), "bad")}


def show(visit: DeskVisit) -> AfterCommit:
    """Examine once the look at the session is over: a check may ask a mail server."""
    return AfterCommit(lambda: _page(visit))


def _page(visit: DeskVisit) -> AnyResponse:
    provider = visit.provider
    findings = diagnosis.examine(provider, [str(problem) for problem in provider.registry.problems])
    with provider.database.reading() as tx:
        waiting, failing = outbox.backlog(tx), outbox.failing(tx)
    return visit.page(
        "health.html",
        rooms.HEALTH,
        findings=_worst_first(findings),
        verdicts=VERDICTS,
        waiting=waiting,
        failing=failing,
        keys=provider.signing_keys.published(),
    )


def _worst_first(findings: Sequence[Finding]) -> list[Finding]:
    order = (BAD, WEAK, GOOD)
    return sorted(findings, key=lambda finding: order.index(finding.verdict))
