"""The timeline in plain words: what happened, when, from where, and with what result."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from flows.account import activity
from flows.account.export.message_words import ABOUT
from flows.desk import acts
from flows.desk.identities import without_identity
from flows.desk.trail_words import REASONS
from flows.desk.visit import DeskVisit
from flows.shared.replacements import replaced
from idp import user_agents
from idp.actions import actor
from idp.actions.actor import ActorKind
from idp.audit.authors import CLERK, CLIENT
from idp.audit.events.desk import PersonLookedUp
from idp.audit.log import AuditEvent
from idp.limits.networks import shortened
from idp.staff import appointments, authors
from idp.staff.appointments import Act, Appointment, Role
from idp.web.branding import Theme
from idp.wording import Text, Translator, text

WHAT: Mapping[str, Text] = {
    **activity.WHAT,
    "MisuseReported": text("The person reported that it was not them"),
    "PersonLookedUp": text("Record opened by the helpdesk"),
    "DeskActed": text("Changed by the helpdesk"),
    "ActPrepared": text("Prepared for a second person"),
    "ActDecided": text("Decided by a second person"),
    "PersonsMerged": text("Another account was merged into this one"),
    "CodeSent": text("Code sent"),
    "CodeAccepted": text("Code accepted"),
    "CodeRefused": text("Code refused"),
    "MessageUndelivered": text("Message could not be delivered"),
    "MigrationBegun": text("Move of the old account begun"),
    "NamesDifferFromRegister": text("Name differs from the register"),
    "RegistrationCodeUsed": text("Letter or invitation used"),
    "ClosureReminded": text("Reminded of the planned deletion"),
    "InactivityReminded": text("Reminded of the unused account"),
}
"""The events of a person that help a clerk to understand; the protocol's own are left out."""


@dataclass(frozen=True)
class HistoryLine:
    """`who` is empty where the person did it themselves."""

    at: datetime
    what: Text
    detail: str
    portal: str
    who: Text | str
    device: str
    network: str
    reference: str


class Authors:
    """The authors of some events, as this member of staff may see them."""

    def __init__(self, visit: DeskVisit, names: Iterable[str]) -> None:
        self.visit = visit
        self.known = authors.known(visit.tx, names)

    def is_ours(self, name: str) -> bool:
        """Return whether an author is neither clerk nor program, or one that works where this member of staff does."""
        if name.startswith(CLERK):
            theirs = self.known[name].appointments if name in self.known else ()
        elif name.startswith(CLIENT):
            theirs = _of_program(self.visit, name.removeprefix(CLIENT))
        else:
            return True
        there, here = appointments.scope_of(theirs, Act.SEE, self.visit.registry), self.visit.scope()
        return bool(there.funds & here.funds or there.portals & here.portals)

    def shown(self, event: AuditEvent) -> Text | str:
        """Return the author's name for the desk; empty where the person did it themselves."""
        return "" if event.actor == event.person_id else self.named(event.actor)

    def named(self, by: str) -> Text | str:
        """Return the name of an author for the desk; empty where nobody was signed in."""
        author = actor.of_audit(by)
        if author is None:
            return ""
        if author.kind == ActorKind.CLIENT:
            return self.visit.registry.name_of(by.removeprefix(CLIENT), self.visit.theme.language)
        if author.kind == ActorKind.CLERK:
            return self._name_of(by) or text("Operator")
        if author.kind == ActorKind.PERSON:
            return self._name_of(by) or text("Someone with administrator rights")
        return text("Company directory") if author.kind == ActorKind.DIRECTORY else text("The system")

    def _name_of(self, author: str) -> str:
        """Return the name that the own funds and portals gave a member of staff, or a person's own."""
        known = self.known.get(author)
        return (appointments.name_at(known.appointments, self.visit.scope()) or known.name) if known else ""


def lines_of(visit: DeskVisit, events: Sequence[AuditEvent], by: Authors) -> list[HistoryLine]:
    """Return the lines of a timeline: without the words and names of other funds' staff, and without their looks."""
    ours = {actor: by.is_ours(actor) for actor in {event.actor for event in events}}
    return [
        line_of(visit, event, by, ours=ours[event.actor])
        for event in events
        if ours[event.actor] or event.name != PersonLookedUp.__name__
    ]


def _of_program(visit: DeskVisit, client_id: str) -> tuple[Appointment, ...]:
    """Return the places of a program's file as if it were a reader there; none of a program without a file."""
    program = visit.registry.client(client_id)
    if program is None or program.api is None:
        return ()
    at_funds = (Appointment(Role.READER, fund=each) for each in program.api.funds)
    return (*at_funds, *(Appointment(Role.READER, portal=each) for each in program.api.portals))


def line_of(visit: DeskVisit, event: AuditEvent, by: Authors, *, ours: bool) -> HistoryLine:
    """Return the line of an event; `ours`: with the author's name and reason."""
    portal = visit.registry.name_of(event.client_id, visit.theme.language) if event.client_id else ""
    return HistoryLine(
        at=event.at,
        what=WHAT[event.name],
        detail=_detail(visit, event) if ours else "",
        portal=portal,
        who=by.shown(event) if ours else text("Another helpdesk"),
        device=user_agents.name_of(event.user_agent) if event.user_agent and ours else "",
        network=shortened(event.address) if ours else "",
        reference=event.reference,
    )


def message_words(theme: Theme, template: str) -> str:
    """Return the name of a message in the language of the page."""
    known = ABOUT.get(template)
    return theme.translator(known) if known is not None else template


def _detail(visit: DeskVisit, event: AuditEvent) -> str:
    words = visit.theme.translator
    found = (_act(words, event), _change(words, event), _destination(event), _undelivered(visit.theme, event))
    parts = [part for part in found if part]
    reason, identity = without_identity(str(event.details.get("reason") or ""))
    known = REASONS.get(reason)
    said = words(known) if known is not None else reason
    if not parts and known is not None:
        said = said[:1].upper() + said[1:]  # it begins the line
    checked = f" ({words(identity)})" if identity is not None else ""
    return ", ".join([*parts, said + checked] if said and not _is_said(event, reason) else parts)


def _is_said(event: AuditEvent, reason: str) -> bool:
    """Return whether the name of the event says the reason already."""
    return event.name == "SignInRefused" and reason == "wrong"


def _act(words: Translator, event: AuditEvent) -> str:
    """Return what the desk did or prepared, as its button says it."""
    known = acts.BY_NAME.get(str(event.details.get("act") or ""))
    return words(known.label) if known is not None else ""


def _undelivered(theme: Theme, event: AuditEvent) -> str:
    template = event.details.get("template")
    return message_words(theme, str(template)) if template else ""


def _change(words: Translator, event: AuditEvent) -> str:
    return words(replaced(event.details)) if event.name in activity.REPLACING else ""


def _destination(event: AuditEvent) -> str:
    return str(event.details.get("masked") or "")
