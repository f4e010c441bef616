"""Ask for a file with one's own data: after a fresh, strong proof, some times a day, and told by mail.

[fresh sign-in] → [strongest method] → what the file holds → the page with its link
"""

from collections.abc import Iterable, Mapping
from datetime import timedelta

import sqlalchemy as sa

from flows.account import rooms
from flows.account.export import sections
from flows.account.owner import RECENT, AccountOwner
from flows.engine.flow import Debit, Flow, PlainStep, SignInRequirement
from flows.engine.forms import Form
from flows.engine.outcomes import Done, EndAddress, Ending, Outcome
from flows.engine.run import Run
from flows.shared import occasion
from flows.steps.strong_proof import StrongProof, StrongProofAnnounced
from idp import random_values
from idp.actions.actor import Actor
from idp.actions.own_data import note_download
from idp.runs import FlowRun

NAME = "download-data"
LIMIT = "data_downloads"
READY = "ready"
"""Parameter of the page with the link: the run that allows the file."""
FRESH = timedelta(minutes=5)
"""How long the link is good, in the browser of the run only."""

ALLOWED = sa.select(FlowRun.id).where(
    FlowRun.id == sa.bindparam("run"),
    FlowRun.flow == NAME,
    FlowRun.person_id == sa.bindparam("person"),
    FlowRun.browser == sa.bindparam("browser"),
    FlowRun.finished_at > sa.bindparam("since"),
)


class DownloadData(PlainStep[Form]):
    """Allows the file, records that it was asked for, and tells the person."""

    name = NAME
    form = Form

    def page(self, run: Run) -> Mapping[str, object]:
        return {
            "titles": [title for _, title, _ in sections.ALL],
            "cancel": rooms.address(run.client, rooms.DATA.path),
        }

    def limits(self, run: Run, form: Form) -> Iterable[Debit]:
        yield Debit(LIMIT, (run.person_id,), refunded=False)

    def submit(self, run: Run, form: Form, prepared: None) -> Outcome:
        note_download(run.tx, run.person_id, occasion.of_run(run), by=Actor.person(run.person_id))
        return Done()


def is_allowed(owner: AccountOwner, run_id: str) -> bool:
    """Return whether this journey ended a moment ago, in this browser, for this very person."""
    asked = {
        "run": run_id,
        "person": owner.person_id,
        "browser": random_values.fingerprint(owner.theme.browser),
        "since": owner.tx.now - FRESH,
    }
    return owner.tx.execute(ALLOWED, asked).first() is not None


def to_link(run: Run) -> Ending:
    return EndAddress(rooms.address(run.client, rooms.DATA.path, **{READY: run.id}))


DOWNLOAD_DATA = Flow(
    name=NAME,
    requires=SignInRequirement(within=RECENT),
    steps=(
        StrongProofAnnounced(before=DownloadData.name, cancel=rooms.cancel_to(rooms.DATA)),
        StrongProof(before=DownloadData.name),
        DownloadData(),
    ),
    finish=to_link,
)
