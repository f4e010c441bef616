"""The page of an act for a person: it says what the act does, asks for reason and identity, and carries it out."""

from collections.abc import Mapping

from flask import redirect, request
from werkzeug.exceptions import NotFound
from werkzeug.wrappers import Response as AnyResponse

from flows.desk import acts, find, merging, rooms, second_person
from flows.desk.acts import METHOD
from flows.desk.identities import IDENTITIES, NO_IDENTITY, identity_named, with_identity
from flows.desk.person_act import Given, PersonAct
from flows.desk.records import OpenRecord, ask_reason
from flows.desk.refusals import NO_ADDRESS
from flows.desk.second_person import Outcome
from flows.desk.situations import situation_of
from flows.desk.visit import AfterCommit
from idp.actions.remove_method import removable
from idp.people.email_address import Email, normalise_email
from idp.people.person import Person
from idp.staff import looks
from idp.staff.appointments import Act
from idp.staff.prepared_acts import CONFIRMED, ActPlan
from idp.wording import Text


def act_named(open_: OpenRecord[Person], name: str) -> PersonAct:
    """Return the act; 404 for one that does not exist or is not allowed here."""
    act = acts.BY_NAME.get(name)
    if act is None or not acts.is_allowed(open_, act):
        raise NotFound
    return act


def ask(open_: OpenRecord[Person], name: str, errors: Mapping[str, Text] | None = None) -> AnyResponse:
    """The page that says what the act does, and asks for reason and identity."""
    act, method = act_named(open_, name), request.values.get("method", "")
    chosen = next((each for each in removable(open_.tx, open_.row.id) if each.id == method), None)
    if act is METHOD and chosen is None:
        raise NotFound
    if act.other and not merging.chosen(open_):
        return merging.choose(open_, act)
    return open_.visit.page(
        "act.html",
        rooms.FIND,
        status=422 if errors else 200,
        record=open_,
        act=act,
        chosen=chosen,
        merge=merging.shown(open_, merging.chosen(open_)) if act.other else None,
        identities=IDENTITIES,
        back=rooms.record(looks.PERSON, open_.row.id),
        errors=errors or {},
        typed=request.form if errors else {},
    )


def carry_out(open_: OpenRecord[Person], name: str) -> AnyResponse | AfterCommit:
    """Do it, or let it wait for a second person; then show the person's page. A file is handed over instead."""
    act, reason, identity = act_named(open_, name), find.reason_of(), request.form.get("identity", "")
    errors: dict[str, Text] = {}  # in the order of the fields
    if act.identity and identity not in IDENTITIES:
        errors["identity"] = NO_IDENTITY
    if act.address and not isinstance(normalise_email(request.form.get("email", "")), Email):
        errors["email"] = NO_ADDRESS
    if not act.offered(situation_of(open_)):
        errors["reason"] = second_person.CHANGED_MEANWHILE
    elif not reason:
        errors["reason"] = find.NO_REASON
    if errors or (act.other and not merging.chosen(open_)):
        return ask(open_, name, errors)
    checked = IDENTITIES[identity].msgid if act.identity else ""
    if act.by_two:
        return _prepare(open_, act, reason, checked)
    return _done(open_, act, reason, checked)


def _done(open_: OpenRecord[Person], act: PersonAct, reason: str, checked: str) -> AnyResponse | AfterCommit:
    method, address = request.form.get("method", ""), request.form.get("email", "")
    given = Given(open_.visit, with_identity(reason, checked), checked, method, address)
    outcome = act.carry_out(open_.tx, open_.visit.provider, open_.row, given)
    if isinstance(outcome, AfterCommit):
        return outcome
    if outcome is not True:
        refusal = outcome if isinstance(outcome, Text) else second_person.CHANGED_MEANWHILE
        return ask(open_, act.name, {"email" if act.address else "reason": refusal})
    return redirect(f"{rooms.record(looks.PERSON, open_.row.id)}?done={act.name}", 303)


def _prepare(open_: OpenRecord[Person], act: PersonAct, reason: str, checked: str) -> AnyResponse:
    other = merging.chosen(open_) if act.other else ""
    hindered = merging.hindrance(open_, other) if act.other else None
    planned = ActPlan(
        act=act.name, kind=looks.PERSON, subject_id=open_.row.id, reason=reason, identity=checked, other_id=other
    )
    refused = hindered or second_person.prepare(open_.visit, planned)
    if refused is not None:
        return ask(open_, act.name, {"reason": refused})
    return redirect(f"{rooms.record(looks.PERSON, open_.row.id)}?done={second_person.PREPARED}", 303)


def show_prepared(open_: OpenRecord[Person], act_id: str, error: Text | None = None) -> AnyResponse:
    """The page on which a second person decides an act that was prepared for this person."""
    visit, row = open_.visit, second_person.named(open_.visit, act_id, looks.PERSON, open_.row.id)
    act = act_named(open_, row.act)
    if act.other and looks.taken(visit.tx, visit.session.id, looks.PERSON, row.other_id) is None:
        return ask_reason(visit, looks.PERSON, row.other_id)
    merge = merging.shown(open_, row.other_id) if act.other else None
    if act.other and merge is None:
        raise NotFound
    shown = {"name": open_.row.full_name, "identity": identity_named(row.identity), "merge": merge}
    return second_person.page(visit, row, act.explains, error, **shown)


def decide_prepared(open_: OpenRecord[Person], act_id: str) -> AnyResponse:
    """Confirm, refuse or withdraw it; a confirmed act is carried out immediately, by this member of staff."""
    visit, person_id = open_.visit, open_.row.id
    row = second_person.named(visit, act_id, looks.PERSON, person_id)
    act, decision = act_named(open_, row.act), second_person.decision_of()
    if act.other and merging.within_reach(visit, row.other_id) is None:
        raise NotFound
    if act.other and looks.taken(visit.tx, visit.session.id, looks.PERSON, row.other_id) is None:
        return ask_reason(visit, looks.PERSON, row.other_id)

    def carried_out() -> Outcome:
        given = Given(visit, with_identity(row.reason, row.identity), row.identity, other_id=row.other_id)
        outcome = act.carry_out(visit.tx, visit.provider, open_.row, given)
        return outcome if isinstance(outcome, Text) else outcome is True

    concerned = (person_id, row.other_id) if act.other else (person_id,)
    refused = second_person.decide(
        visit,
        row,
        act.act,
        lambda scope: all(acts.is_within_scope(visit, act, scope, each) for each in concerned),
        carried_out,
    )
    if refused is not None:
        return show_prepared(open_, act_id, refused)
    if decision == CONFIRMED and act.act == Act.ERASE:
        return redirect(f"{rooms.HOME}?done=erase", 303)
    done = act.name if decision == CONFIRMED else decision
    return redirect(f"{rooms.record(looks.PERSON, person_id)}?done={done}", 303)
