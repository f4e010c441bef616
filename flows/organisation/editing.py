"""« Éditer »: rights and « Désactivé » of a user (B-27 to B-29, B-42, B-44, B-51 to B-53)."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta

from flows.engine import forms
from flows.engine.flow import Flow, PlainStep, SignInRequirement
from flows.engine.forms import Form
from flows.engine.outcomes import FORM, Done, EndAddress, Ending, Outcome, Retry
from flows.engine.run import Run
from flows.organisation import sender
from flows.organisation.administration import (
    AdministeredCompany,
    AdministratorsOnly,
    company_of,
    second_administrator,
    user_of,
    users_of,
)
from flows.organisation.inviting import topics_of_company
from flows.shared.facts import Facts
from idp.actions import members
from idp.actions.actor import Actor
from idp.organisations import memberships, permissions
from idp.organisations.membership import ACTIVE, DEACTIVATED, Membership
from idp.organisations.memberships import LastAdministrator, NotFound, Rights
from idp.web.problems import fresh_sign_in
from idp.wording import Text, text

RECENT = SignInRequirement(within=timedelta(minutes=15))

LAST = text(
    "You are the only active administrator. Choose another one first: open that person’s entry in the list, "
    "select ‘Edit’ and tick ‘Administrator rights’."
)
CHANGED = text("Someone else has changed this user in the meantime. Check the current details, then save again.")


@dataclass(frozen=True)
class EditUserForm(Form):
    administrator: bool = forms.checkbox()
    topics: tuple[str, ...] = forms.choices(topics_of_company)
    deactivated: bool = forms.checkbox()


class EditUser(PlainStep[EditUserForm]):
    """The rights of a user. A deactivation is confirmed on the next page, and the rights are saved with it."""

    name = "edit-user"
    form = EditUserForm

    def page(self, run: Run) -> Mapping[str, object]:
        company, user = company_of(run), user_of(run)
        return {
            "company": company,
            "user": user,
            "topics": topics_of_company(run).items(),
            "explained": _why_kept(run) if _is_last(run, user.membership) else None,
            "detail": f"{users_of(company.id)}/{user.membership.id}",
        }

    def submit(self, run: Run, form: EditUserForm, prepared: None) -> Outcome:
        membership = user_of(run).membership
        if form.deactivated and membership.state == ACTIVE:
            return Retry({FORM: LAST}) if _is_last(run, membership) else Done()
        refused = None if form.deactivated else _reactivate(run, membership)
        return refused or _change_rights(run, membership, form) or Done(Facts(written=True))


class DeactivateUser(PlainStep[Form]):
    """Names the person and the consequence; then the access ends immediately, for this company only (B-42)."""

    name = "deactivate-user"
    form = Form

    def applies(self, run: Run) -> bool:
        wished = run.row.kept.get(EditUser.name, {}).get("deactivated") and not run.known(Facts).written
        return bool(wished) and run.session is not None and user_of(run).membership.state == ACTIVE

    def page(self, run: Run) -> Mapping[str, object]:
        return {"company": company_of(run), "user": user_of(run)}

    def submit(self, run: Run, form: Form, prepared: None) -> Outcome:
        before = user_of(run).membership
        wanted = forms.parse(EditUserForm, run.row.kept[EditUser.name], run).form
        refused = _change_rights(run, before, wanted) if isinstance(wanted, EditUserForm) else Retry({FORM: CHANGED})
        if refused is not None:
            return Retry({FORM: CHANGED})
        membership = members.deactivate_member(
            run.tx, before.id, sender.of_run(run), by=Actor.administrator(run.person_id)
        )
        if not isinstance(membership, Membership):
            return Retry({FORM: _why_not(membership)})
        return Done(Facts(written=True))


def back_to_user(run: Run) -> Ending:
    """Return the user's page; an administrator who gave up their own right goes to the portal."""
    found = memberships.by_id(run.tx, run.about(AdministeredCompany).membership_id)
    own = found is not None and found.person_id == run.person_id
    if found is None or (own and not permissions.administers(run.tx, run.person_id, found.organisation_id)):
        return EndAddress(fresh_sign_in(run.provider, run.client))
    done = "deactivated" if found.state == DEACTIVATED else "saved"
    return EndAddress(f"{users_of(found.organisation_id)}/{found.id}?done={done}")


def _is_last(run: Run, membership: Membership) -> bool:
    """Return whether the page must explain that this is the last administrator.

    One statement decides the change (B-44).
    """
    holds = membership.state == ACTIVE and membership.is_administrator
    return holds and memberships.count_administrators(run.tx, membership.organisation_id) == 1


def _why_kept(run: Run) -> Text:
    """Return why the last administrator stays one, and what is missing."""
    second = second_administrator(run.tx, company_of(run).id)
    if not second:
        return LAST
    return text(
        "You are the only active administrator for now. %(name)s is invited as the second one, but not active yet.",
        name=second,
    )


def _reactivate(run: Run, membership: Membership) -> Retry | None:
    if membership.state != DEACTIVATED:
        return None
    by = Actor.administrator(run.person_id)
    refused = isinstance(members.reactivate_member(run.tx, membership.id, sender.of_run(run), by=by), NotFound)
    return Retry({FORM: CHANGED}) if refused else None


def _change_rights(run: Run, membership: Membership, form: EditUserForm) -> Retry | None:
    """Topics that this page does not offer stay as they are."""
    unseen = [topic for topic in membership.topics if topic not in topics_of_company(run)]
    wanted = Rights(is_administrator=form.administrator, topics=(*form.topics, *unseen))
    if wanted == Rights(is_administrator=membership.is_administrator, topics=tuple(membership.topics)):
        return None
    changed = members.change_rights(
        run.tx, membership.id, wanted, sender.of_run(run), by=Actor.administrator(run.person_id)
    )
    return None if isinstance(changed, Membership) else Retry({FORM: _why_not(changed)})


def _why_not(refused: LastAdministrator | NotFound) -> Text:
    return LAST if isinstance(refused, LastAdministrator) else CHANGED


EDIT_USER = Flow(
    name="edit-user",
    subject=AdministeredCompany.named,
    requires=RECENT,
    guards=(AdministratorsOnly(),),
    steps=(EditUser(), DeactivateUser()),
    finish=back_to_user,
)
