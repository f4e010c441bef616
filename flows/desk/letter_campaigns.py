"""One campaign of letters: how far they got, and new ones for those who never used theirs."""

from collections.abc import Mapping, Sequence
from dataclasses import replace

from flask import Response, redirect, request
from werkzeug.exceptions import NotFound
from werkzeug.wrappers import Response as AnyResponse

from flows.desk import find, letter_choice, letter_jobs, letter_orders, rooms, second_person
from flows.desk.letter_choice import EXPIRED, UNUSED, WHICH
from flows.desk.visit import DeskVisit
from idp.actions import letter_jobs as actions
from idp.invitations import campaigns
from idp.invitations.campaigns import Campaign, Funnel
from idp.invitations.letters.job import LETTER_JOBS, LetterChoice
from idp.staff.appointments import Act
from idp.wording import Text, text

NOBODY = text("There is no such letter.")
NO_WHICH = text("Select which letters.")
TOO_MANY = text("Too many files of this fund are under way. Download or discard some of them first.")


def show(visit: DeskVisit, campaign_id: str, errors: Mapping[str, Text] | None = None) -> Response:
    """The campaign as a funnel."""
    campaign = _campaign(visit, campaign_id)
    funnel = campaigns.funnels(visit.tx, [campaign.id]).get(campaign.id, Funnel())
    return visit.page(
        "campaign.html",
        rooms.LETTERS,
        status=422 if errors else 200,
        campaign=campaign,
        fund=letter_jobs.fund_name(visit, campaign.fund),
        funnel=funnel,
        may_change=visit.may(Act.BULK, fund=campaign.fund),
        which=[(key, visit.theme.translator(label)) for key, label in WHICH.items()],
        choice=letter_choice.options(visit, campaign.client_id),
        errors=errors or {},
        typed=request.form if errors else {},
    )


def issue_again(visit: DeskVisit, campaign_id: str) -> AnyResponse:
    """Order new letters for those whose letter expired, or is not used."""
    campaign = _campaign(visit, campaign_id)
    if not visit.may(Act.BULK, fund=campaign.fund):
        raise NotFound
    which, reason = request.form.get("which", ""), find.reason_of()
    choice = letter_choice.chosen(visit, campaign.client_id)
    errors = {} if isinstance(choice, LetterChoice) else dict(choice)
    numbers = campaigns.readers_without_account(visit.tx, campaign.id, expired=which == EXPIRED)
    if which not in WHICH:
        errors["which"] = NO_WHICH
    elif not numbers:
        errors["which"] = NOBODY
    elif LETTER_JOBS.is_full(visit.tx, campaign.fund):
        errors["which"] = TOO_MANY
    if not reason:
        errors["reason"] = letter_jobs.NO_REASON
    if errors or not isinstance(choice, LetterChoice):
        return show(visit, campaign_id, errors)
    return _ordered(visit, campaign, numbers, replace(choice, replace_live=which == UNUSED), reason)


def _ordered(
    visit: DeskVisit, campaign: Campaign, numbers: Sequence[str], choice: LetterChoice, reason: str
) -> AnyResponse:
    """Order them, or let that wait for a second supervisor; where neither is possible, no job is left behind."""
    job_id, done = "", ""

    def ordered() -> Text | None:
        nonlocal job_id, done
        job = actions.of_campaign(visit.tx, campaign, numbers, by=visit.actor, reason=reason)
        outcome = letter_orders.ordered_or_prepared(visit, job, choice)
        if isinstance(outcome, Text):
            return outcome
        job_id, done = job.id, outcome
        return None

    refused = second_person.all_or_nothing(visit, ordered)
    if refused is not None:
        return show(visit, campaign.id, {"which": refused})
    return redirect(f"{rooms.letter_job(job_id)}?done={done}", 303)


def _campaign(visit: DeskVisit, campaign_id: str) -> Campaign:
    """Return a campaign of the staff's funds; 404 for all others."""
    found = campaigns.newest(visit.tx, funds=visit.scope(Act.LETTERS).funds, limit=1, only=campaign_id)
    if not found:
        raise NotFound
    return found[0]
