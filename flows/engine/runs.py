"""Finding and making runs, and whether a page request may use the run it names."""

import json
from collections.abc import Mapping
from datetime import timedelta

import msgspec
import sqlalchemy as sa
from sqlalchemy.orm import make_transient_to_detached

from flows.engine import signed_in
from flows.engine.answers import MissingRun
from flows.engine.facts import StepFacts, stored
from flows.engine.flow import Flow
from flows.engine.page_request import PAGE_FIELD, PageRequest
from flows.engine.run import Run
from idp import interaction, random_values
from idp.clients.client import Client
from idp.database import Transaction
from idp.hot_statements import HotStatement
from idp.interaction import PendingAuthorization
from idp.provider import Provider
from idp.runs import FlowRun
from idp.statements import insert_if_absent

BEGUN = "run-begun"

# Waits for a simultaneous first POST of the same page, and lets exactly one of them insert.
INSERT = HotStatement(insert_if_absent(FlowRun, ["begun_with"]).returning(FlowRun.id))
COLUMNS = tuple(column.key for column in sa.inspect(FlowRun).columns)
FIND = sa.select(FlowRun).where(FlowRun.id == sa.bindparam("run"), FlowRun.flow == sa.bindparam("of_flow"))
LOCK = FIND.with_for_update()
TWIN = HotStatement(
    sa.select(FlowRun.id).where(FlowRun.begun_with == sa.bindparam("begun"), FlowRun.flow == sa.bindparam("of_flow"))
)


def find(
    provider: Provider, flow: Flow, tx: Transaction, page_request: PageRequest, run_id: str, *, lock: bool = False
) -> Run | MissingRun:
    """Return the run named in the address, for the browser it belongs to or one that may take it over with a code."""
    row = tx.session.scalar(LOCK if lock else FIND, {"run": run_id, "of_flow": flow.name})
    if row is None or (flow.subject is not None and not row.subject):
        return MissingRun("unknown")
    client = provider.registry.current().client(row.client_id)
    if client is None:
        return MissingRun("no-portal")
    if row.expires_at <= tx.now:
        return MissingRun("expired", client)
    pending = interaction.open_pending(tx, row.request) if row.request else None
    run = _run(provider, flow, row, client, page_request, tx, pending)
    if run.foreign and not _may_be_taken_over(flow, run):
        return MissingRun("foreign", client)
    if row.person_id and run.session is not None and run.session.person_id != row.person_id:
        return MissingRun("other-person", client)
    return run


def fresh(provider: Provider, flow: Flow, tx: Transaction, page_request: PageRequest) -> Run | MissingRun:
    """Return a run that is in no table yet: what a journey's first page shows, and its first POST stores."""
    pending = interaction.open_pending(tx, page_request.request) if page_request.request else None
    client = _portal(provider, tx, page_request, pending)
    if isinstance(client, MissingRun):
        return client
    row = _row(provider, tx, flow, client.client_id, page_request.fingerprint)
    row.request = page_request.request
    row.return_to = signed_in.opened(provider.sealer, page_request.return_to)
    run = _run(provider, flow, row, client, page_request, tx, pending, stored=False)
    if flow.subject is not None:
        row.subject = msgspec.to_builtins(flow.subject(run, page_request.query))
    return run


def begun_with(provider: Provider, flow: Flow, page_request: PageRequest, typed: dict[str, str]) -> str:
    """Equal for two POSTs of the same page with the same content. Holds no secret: the page's random value hides it."""
    page = page_request.form.get(PAGE_FIELD) or random_values.token()
    content = json.dumps(typed, sort_keys=True)
    return provider.sealer.digest(
        BEGUN, flow.name, page_request.browser, page_request.request, page, page_request.action, content
    )


def begun(tx: Transaction, flow: Flow, digest: str) -> str:
    """Return the id of the run that this very POST made already, or an empty text."""
    return str(tx.run(TWIN, {"begun": digest, "of_flow": flow.name}).scalar() or "")


def insert(tx: Transaction, run: Run) -> bool:
    """Store a fresh run; false if a simultaneous POST of the same page stored it first."""
    run.row.request = interaction.journey_began(tx, run.row.request) if run.row.request else ""
    if tx.run(INSERT, {name: getattr(run.row, name) for name in COLUMNS}).first() is None:
        return False
    make_transient_to_detached(run.row)  # as if it had been read just now
    tx.session.add(run.row)
    run.stored = True
    return True


def handed_over(run: Run, flow: Flow, facts: StepFacts) -> Run:
    """Return a stored run of another journey, for the same browser and request; its first step counts as done."""
    row = _row(run.provider, run.tx, flow, run.client.client_id, run.row.browser)
    row.request, row.return_to = run.row.request, run.row.return_to
    row.results = {flow.steps[0].name: stored(facts)}
    run.tx.add(row)
    return _run(run.provider, flow, row, run.client, run.page_request, run.tx, run.pending)


def interrupted(run: Run, flow: Flow, facts: StepFacts) -> Run | None:
    """Return the newest run of another journey that waits in this browser after the very same first proof (A-30).

    It continues for today's request. The caller decides whether its other proofs still count.
    """
    waiting = sa.select(FlowRun).where(
        FlowRun.browser == run.row.browser,
        FlowRun.browser != "",
        FlowRun.flow == flow.name,
        FlowRun.signature == flow.signature,
        FlowRun.client_id == run.client.client_id,
        FlowRun.finished_at.is_(None),
        FlowRun.expires_at > run.tx.now,
    )
    rows = run.tx.session.scalars(waiting.order_by(FlowRun.id.desc()).with_for_update())
    row = next((row for row in rows if row.results.get(flow.steps[0].name) == stored(facts)), None)
    if row is None:
        return None
    row.request, row.return_to = run.row.request, run.row.return_to
    return _run(run.provider, flow, row, run.client, run.page_request, run.tx, run.pending)


def typed_before(run: Run, run_id: str, step: str) -> Mapping[str, str]:
    """Return what this browser typed at a step of an earlier run of this journey, secrets aside; nothing of others."""
    if not run_id or not run.row.browser:
        return {}
    theirs = sa.select(FlowRun.kept).where(
        FlowRun.id == run_id,
        FlowRun.flow == run.row.flow,
        FlowRun.browser == run.row.browser,
        FlowRun.client_id == run.client.client_id,
        FlowRun.expires_at > run.tx.now,
    )
    return (run.tx.session.scalar(theirs) or {}).get(step, {})


def _row(provider: Provider, tx: Transaction, flow: Flow, client_id: str, browser: str) -> FlowRun:
    """Return a new row. Its columns are set in one go: SQLAlchemy's way costs a first page a tenth of its time."""
    pages = provider.settings.pages
    row = FlowRun()
    sa.inspect(row).dict.update(
        id=random_values.new_id(tx.now),
        flow=flow.name,
        signature=flow.signature,
        client_id=client_id,
        person_id="",
        request="",
        return_to="",
        browser=browser,
        begun_with=random_values.token(),
        results={},
        kept={},
        subject={},
        step="",
        scratch={},
        notice={},
        created_at=tx.now,
        bound_until=tx.now + timedelta(seconds=pages.run_idle),
        expires_at=tx.now + timedelta(seconds=pages.run_lifetime),
        finished_at=None,
        continued_at="",
    )
    return row


def _run(
    provider: Provider,
    flow: Flow,
    row: FlowRun,
    client: Client,
    page_request: PageRequest,
    tx: Transaction,
    pending: PendingAuthorization | None,
    *,
    stored: bool = True,
) -> Run:
    theme = page_request.theme(
        client, pending.ui_locales if pending is not None else (), _fund(flow, row, client, page_request, tx)
    )
    return Run(
        row,
        provider=provider,
        client=client,
        theme=theme,
        page_request=page_request,
        pending=pending,
        stored=stored,
        tx=tx,
    )


def _fund(flow: Flow, row: FlowRun, client: Client, page_request: PageRequest, tx: Transaction) -> str:
    """At a portal of several funds, the code of the one that this run belongs to: its desk is the one to call."""
    known = flow.fund(tx, row.results.values()) if flow.fund is not None and len(client.funds) > 1 else ""
    return known or page_request.fund


def _portal(
    provider: Provider, tx: Transaction, page_request: PageRequest, pending: PendingAuthorization | None
) -> Client | MissingRun:
    """Return the portal of the request, otherwise the one named in the address, otherwise this browser's last one."""
    registry = provider.registry.current()
    if page_request.request:
        if pending is None:
            return MissingRun("no-request")
        client = registry.client(pending.client_id)
        if pending.is_over(tx.now, timedelta(seconds=provider.settings.pages.run_lifetime)):
            return MissingRun("no-request", client)
        return client or MissingRun("no-portal")
    wished = registry.portal(page_request.portal) if page_request.portal else page_request.theme(None, (), "").client
    return wished or MissingRun("no-portal")


def _may_be_taken_over(flow: Flow, run: Run) -> bool:
    step = flow.current_step(run)
    unchanged = run.row.finished_at is None and run.row.signature == flow.signature
    return unchanged and step is not None and bool(step.proves) and flow.stopped(run) is None
