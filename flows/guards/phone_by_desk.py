"""A portal needs a phone that this person may not name by themselves."""

from collections.abc import Callable

from flows.engine.guard import Guard
from flows.engine.outcomes import Ending
from flows.engine.run import Run
from flows.shared.first_phone import rests_on_mailbox
from idp.people import phone_replacements


class PhoneByDesk(Guard):
    """Stops people whose password rests on the mailbox alone at a portal that needs a phone. The desk may allow one."""

    name = "phone-by-desk"

    def __init__(self, needed: Callable[[Run], bool]) -> None:
        self.needed = needed

    def stops(self, run: Run) -> Ending | None:
        replaced = phone_replacements.is_open(run.tx, run.person_id)
        return self.page() if self.needed(run) and not replaced and rests_on_mailbox(run, run.person_id) else None
