"""The page behind a mailed link that replaces a password: whether the link is valid, and the steps before it opens.

The token stands in the address of the mail only: the first POST that is accepted makes a run, whose subject is the
recovery, by its id (D-22). Looking changes nothing and sends nothing, however often a scanner looks (D-13).
"""

from collections.abc import Mapping
from typing import Literal, Self

from flows.engine.flow import PlainStep
from flows.engine.forms import Form
from flows.engine.outcomes import Done, Outcome, Stay
from flows.engine.run import Run
from flows.engine.subject import Subject
from flows.shared import recovery_rules
from flows.shared.facts import Facts
from idp.credentials import recoveries
from idp.credentials.recoveries import Recovery
from idp.credentials.recovery_routes import RecoveryRoute
from idp.messages import health
from idp.messages.recipient import masked
from idp.notices.recovery import LINK_PARAMETER
from idp.people import person
from idp.wording import Text, text

OTHERWISE = "otherwise"
"""The button for people who do not have the phone at hand."""

Why = Literal["", "unknown", "used", "expired", "ended"]


class MailedLink(Subject, frozen=True):
    """The recovery whose link was opened; empty for a link that is none of this portal's."""

    recovery_id: str

    @classmethod
    def named(cls, run: Run, query: Mapping[str, str]) -> Self:
        found = recoveries.by_link(run.tx, query.get(LINK_PARAMETER, ""))
        of_this_portal = found is not None and found.client_id == run.client.client_id
        return cls(recovery_id=found.id if found is not None and of_this_portal else "")


class AnnounceCode(PlainStep[Form]):
    """Send the SMS if it did not leave with the mail, or begin the other factor that is required.

    The link names the person for the next factor. That signs nobody in.
    """

    name = "recovery-announced"
    form = Form
    actions = frozenset({OTHERWISE})

    def applies(self, run: Run) -> bool:
        found = recovery_of(run)
        if found is None or not found.by_factor or run.known(Facts).written:
            return False
        return not run.policy.recovery.sms_at_request or not phone_of(run)

    def page(self, run: Run) -> Mapping[str, object]:
        phone, down = phone_of(run), health.channel_state(run.tx, "sms").down
        return {"number": masked(phone) if phone else "", "channel_down": down, "others": others_of(run)}

    def submit(self, run: Run, form: Form, prepared: None) -> Outcome:
        return Done(Facts(person_id=owner_of(run)))

    def act(self, run: Run, action: str) -> Outcome:
        return Done(Facts(person_id=owner_of(run), phone_declined=True)) if others_of(run) else Stay()


def recovery_of(run: Run, *, lock: bool = False) -> Recovery | None:
    return recoveries.by_id(run.tx, run.about(MailedLink).recovery_id, lock=lock)


def owner_of(run: Run) -> str:
    """Return the link's owner, or an empty id if it has none."""
    found = recovery_of(run)
    return found.person_id if found is not None else ""


def phone_of(run: Run) -> str:
    """Return the number that the code goes to; empty: none that may get one (any more)."""
    way = run.once(_way_of)
    return way.phone if way is not None else ""


def others_of(run: Run) -> tuple[str, ...]:
    """Return the methods that do as well as a code from the phone, strongest first."""
    way = run.once(_way_of)
    return way.others if way is not None else ()


def asks_code(run: Run) -> bool:
    """Return whether the second proof is a code from the phone: the person has one, and did not choose another way."""
    found = recovery_of(run)
    return found is not None and found.by_factor and not run.known(Facts).phone_declined and bool(phone_of(run))


def asks_other(run: Run) -> bool:
    """Return whether the second proof is another factor."""
    found = recovery_of(run)
    return found is not None and found.by_factor and not asks_code(run)


def why_dead(run: Run) -> Why:
    """Return why the link replaces nothing; empty: it does, now or later."""
    found = recovery_of(run)
    if found is None:
        return "unknown"
    if found.ended_at is not None:
        return "used" if found.end_reason == recoveries.USED else "ended"
    owner = person.by_id(run.tx, found.person_id)
    if owner is None or not owner.is_active or not _is_enough(run, found):
        return "ended"
    return "" if found.is_live(run.tx.now) else "expired"


def _way_of(run: Run) -> RecoveryRoute | None:
    found = recovery_of(run)
    return _way(run, found) if found is not None else None


def _way(run: Run, found: Recovery) -> RecoveryRoute:
    return recovery_rules.way(run, found.person_id, recovery_rules.of_person(run, found.person_id))


def _is_enough(run: Run, found: Recovery) -> bool:
    """Return whether this kind of link would still be sent.

    A number that an administrator replaced meanwhile gets no code, and the mailbox alone opens no portal added since.
    """
    return _way(run, found).by == ("factor" if found.by_factor else "mailbox")


def newer_link(run: Run) -> Text | None:
    """Says when a newer link was sent; this one is good anyway, with the code that was sent for it (D-18)."""
    found = recovery_of(run)
    newest = recoveries.newest_issue(run.tx, found.person_id) if found is not None else None
    if found is None or newest is None or newest <= found.issued_at:
        return None
    moment = run.theme.translator.moment(newest)
    if asks_code(run):
        return text("We sent a newer link on %(moment)s. This one still works, with its own code.", moment=moment)
    return text("We sent a newer link on %(moment)s. This one still works.", moment=moment)
