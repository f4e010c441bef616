"""A supervisor's page of the staff of their funds: invited, given other appointments, disabled.

A supervisor sees and changes appointments at their own funds and portals only. Whoever also works elsewhere keeps what
they have there, and is disabled by an operator (`idp staff disable`). A new supervisor takes two (`appointing`).
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from flask import Response, redirect, request
from werkzeug.exceptions import NotFound
from werkzeug.wrappers import Response as AnyResponse

from flows.desk import appointing, rooms, second_person
from flows.desk.visit import DeskVisit
from idp.codes.service import UnsentCode
from idp.people.email_address import Email, normalise_email
from idp.people.person_name import read_name
from idp.staff import accounts, appointments, employing
from idp.staff.accounts import StaffAccount
from idp.staff.appointments import Act, Appointment, Role, Scope
from idp.staff.employing import StaffInvitee
from idp.staff.prepared_acts import STAFF
from idp.wording import Text, text

ROLES: Mapping[str, Text] = {
    Role.READER: text("Reader: finds and sees"),
    Role.CLERK: text("Clerk: letters, invitations, unlocking, sign-in methods"),
    Role.SUPERVISOR: text("Supervisor: also deletes, reveals and manages staff"),
}
NAMES: Mapping[str, Text] = {
    Role.READER: text("Reader"),
    Role.CLERK: text("Clerk"),
    Role.SUPERVISOR: text("Supervisor"),
}
STATES: Mapping[str, tuple[Text, str]] = {
    accounts.INVITED: (text("Invited"), "waiting"),
    accounts.ACTIVE: (text("Active"), "good"),
    accounts.DISABLED: (text("Deactivated"), "off"),
}
WITH_SECOND = "invited-reader"
DONE: Mapping[str, Text] = {
    **second_person.DONE,
    WITH_SECOND: text("The invitation has been sent. Another supervisor must confirm the role within 24 hours."),
    "invited": text("The invitation has been sent. The link and code are valid for 24 hours."),
    "saved": text("The role has been changed. It takes effect immediately."),
    "disabled": text("The access has been deactivated, and all sessions have been ended."),
}
REASON = "reason"
NO_REASON = text("Enter a reason. It is kept in the audit trail.")
TOO_SOON = text("An invitation was sent a moment ago. Try again in a minute.")


@dataclass(frozen=True)
class Colleague:
    """A member of staff as a supervisor sees them: only what they are at the supervisor's places."""

    account: StaffAccount
    name: str
    here: tuple[Appointment, ...]
    elsewhere: bool

    def places(self, role: str) -> list[str]:
        """Return where they have this role: `fund:AK01`, `portal:connect`."""
        return [each.place for each in self.here if each.role == role]


def show(visit: DeskVisit) -> Response:
    return _page(visit)


def invite(visit: DeskVisit) -> AnyResponse:
    """Invite someone to one of the supervisor's places."""
    wanted = _appointment(visit)
    email, name = normalise_email(request.form.get("email", "").strip()), read_name(request.form.get("name", ""))
    reason = request.form.get(REASON, "").strip()[:200]
    errors: dict[str, Text] = {}
    if isinstance(name, Text) or not name:
        errors["name"] = name if isinstance(name, Text) else text("This field is required.")
    if not isinstance(email, Email):
        errors["email"] = email
    if wanted is None:
        errors["place"] = text("Select a fund or a portal.")
    if not reason:
        errors[REASON] = NO_REASON
    if errors or not isinstance(email, Email) or wanted is None:
        return _page(visit, errors)
    given = appointing.given_alone(visit, email, wanted)
    invitee = StaffInvitee(email, str(name), visit.theme.language, (given,))
    settings, limiter = visit.provider.settings, visit.provider.limiter
    sent = employing.invite(visit.tx, limiter, settings, invitee, by=visit.actor, reason=reason)
    if isinstance(sent, UnsentCode):
        return _page(visit, {"email": TOO_SOON})
    if given.role == wanted.role:
        return _done("invited")
    appointing.prepare(visit, sent.staff_id, [wanted], reason)
    return _done(WITH_SECOND)


def change(visit: DeskVisit, staff_id: str) -> AnyResponse:
    """Give a colleague another role at the supervisor's places, or none."""
    colleague, reason = _colleague(visit, staff_id), request.form.get(REASON, "").strip()[:200]
    role = request.form.get("role", "")
    if not reason:
        return _page(visit, {f"reason-{staff_id}": NO_REASON})
    if colleague.account.id == visit.staff.id or role not in {*ROLES, ""}:
        raise NotFound
    if role == Role.SUPERVISOR:
        return _promote(visit, colleague, reason)
    everything = appointments.of_staff(visit.tx, staff_id)
    others = [each for each in everything if each not in colleague.here]
    changed = [replace(each, role=role) for each in colleague.here] if role else []
    employing.appoint(visit.tx, staff_id, [*others, *changed], by=visit.actor, reason=reason)
    return _done("saved")


def _promote(visit: DeskVisit, colleague: Colleague, reason: str) -> AnyResponse:
    """Prepare that a colleague becomes supervisor wherever they are none."""
    known = {each.place for each in colleague.here if each.role == Role.SUPERVISOR}
    wanted = [replace(each, role=Role.SUPERVISOR) for each in colleague.here if each.place not in known]
    refused = appointing.prepare(visit, colleague.account.id, wanted, reason)
    if refused is not None:
        return _page(visit, {f"reason-{colleague.account.id}": refused})
    return _done(second_person.PREPARED if wanted else "saved")


def disable(visit: DeskVisit, staff_id: str) -> AnyResponse:
    """Stop a colleague who works nowhere else."""
    colleague, reason = _colleague(visit, staff_id), request.form.get(REASON, "").strip()[:200]
    if not reason:
        return _page(visit, {f"reason-{staff_id}": NO_REASON})
    if colleague.elsewhere or colleague.account.id == visit.staff.id:
        raise NotFound
    employing.disable(visit.tx, staff_id, by=visit.actor, reason=reason)
    return _done("disabled")


def _done(what: str) -> AnyResponse:
    return redirect(f"{rooms.STAFF.path}?done={what}", 303)


def _page(visit: DeskVisit, errors: Mapping[str, Text] | None = None) -> Response:
    typed = {name: request.form.get(name, "") for name in ("name", "email", REASON)} if errors else {}
    return visit.page(
        "staff.html",
        rooms.STAFF,
        DONE.get(request.args.get("done", "")),
        422 if errors else 200,
        colleagues=_colleagues(visit),
        places=_places(visit),
        place_names=dict(_places(visit)),
        names=NAMES,
        waiting=second_person.lines(visit, STAFF),
        roles=ROLES,
        states=STATES,
        errors=errors or {},
        typed=typed,
    )


def _places(visit: DeskVisit) -> list[tuple[str, str]]:
    """Return the supervisor's places as options of a form."""
    scope, language = visit.scope(Act.STAFF), visit.theme.language
    portals = [(f"portal:{each}", visit.registry.name_of(each, language)) for each in sorted(scope.portals)]
    funds = [
        (f"fund:{code}", f"{fund.name_in(language)} ({code})")
        for code in sorted(scope.funds)
        if (fund := visit.registry.fund(code)) is not None
    ]
    return [*funds, *portals]


def _appointment(visit: DeskVisit) -> Appointment | None:
    place, role = request.form.get("place", ""), request.form.get("role", "")
    if place not in dict(_places(visit)) or role not in ROLES:
        return None
    return appointments.at_place(role, place)


def _colleagues(visit: DeskVisit) -> Sequence[Colleague]:
    scope = visit.scope(Act.STAFF)
    of_all = appointments.of_all(visit.tx)
    seen = [_seen(each, of_all.get(each.id, ()), scope) for each in accounts.everybody(visit.tx)]
    ours = [colleague for colleague in seen if colleague.here]
    return sorted(ours, key=lambda colleague: (colleague.name.casefold(), colleague.account.id))


def _colleague(visit: DeskVisit, staff_id: str) -> Colleague:
    """Return a colleague of the supervisor's places, whom nobody else changes meanwhile; 404 for everybody else."""
    accounts.held(visit.tx, staff_id)
    found = next((each for each in _colleagues(visit) if each.account.id == staff_id), None)
    if found is None:
        raise NotFound
    return found


def _seen(account: StaffAccount, everything: Sequence[Appointment], scope: Scope) -> Colleague:
    here = tuple(each for each in everything if each.fund in scope.funds or each.portal in scope.portals)
    name = appointments.name_at(here, scope) or account.name
    return Colleague(account, name, here, elsewhere=len(here) < len(everything))
