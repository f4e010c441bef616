"""A company's page: who acts for it, who is invited, what was changed; and what the fund alone may do."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from flask import Response, redirect, request
from werkzeug.exceptions import NotFound, TooManyRequests
from werkzeug.wrappers import Response as AnyResponse

from flows.desk import find, history, rooms, second_person
from flows.desk.letter_jobs import fund_name
from flows.desk.records import OpenRecord
from flows.desk.visit import AfterCommit, DeskVisit
from flows.organisation.invitation import LIMIT
from flows.organisation.journal import WHAT as JOURNAL
from idp.actions import administrators, invitations, members
from idp.actions.invitations import Sender
from idp.database import Transaction
from idp.invitations import issuing, status
from idp.invitations.issuing import IssuedRegistrationCode
from idp.invitations.letters import content, fund_letters, print_run
from idp.invitations.letters.fund_letters import FundLetters
from idp.limits.rate_limit import LimitHit
from idp.messages.recipient import mask_email
from idp.notices.notice import Occasion
from idp.organisations import journal, member_list, memberships, organisation
from idp.organisations.membership import ACTIVE, DEACTIVATED, INVITED, Membership
from idp.organisations.memberships import LastAdministrator, Member
from idp.organisations.organisation import Organisation
from idp.people.email_address import Email, normalise_email
from idp.staff import looks
from idp.staff.appointments import Act
from idp.wording import Text, text

EVENTS = 30
PAGE = 50
"""Users on one page."""
STATES: Mapping[str, tuple[Text, str]] = {
    ACTIVE: (text("Active"), "good"),
    INVITED: (text("Invited"), "waiting"),
    DEACTIVATED: (text("Deactivated"), "off"),
}
CLOSED = "closed"
CLOSING = text(
    "The company left the fund: nobody acts for it any more. All users receive an email and keep their accounts."
)
DONE: Mapping[str, Text] = {
    **second_person.DONE,
    CLOSED: text("The company was closed. Its users have been told."),
    "invited": text("The invitation for the administrator has been sent."),
    "resent": text("The invitation has been sent again."),
    "withdrawn": text("The invitation has been cancelled."),
    "deactivated": text("The access has been deactivated. The user has been told."),
    "reactivated": text("The access has been activated again. The user has been told."),
}
LAST = text("This is the last administrator. Replace the administrators by letter instead.")
GONE = text("Nothing was changed: someone else was faster, or this is no longer possible.")
NO_ADDRESS = text("This company has no postal address in the register.")


@dataclass(frozen=True)
class MemberLine:
    """A line of the list of users, as the desk sees it."""

    id: str
    name: str
    email: str
    is_administrator: bool
    state: str
    person: str


def show(open_: OpenRecord[Organisation], errors: Mapping[str, Text] | None = None) -> Response:
    visit, company = open_.visit, open_.row
    counted = member_list.counts(open_.tx, company.id)
    pages = max(1, -(-counted.members // PAGE))
    page = min(_page(), pages)
    shown = member_list.page(open_.tx, company.id, first=(page - 1) * PAGE, count=PAGE)
    events = journal.entries(open_.tx, company.id, names=JOURNAL, limit=EVENTS)
    authors = history.Authors(visit, {event.actor for event in events})
    return visit.page(
        "company.html",
        rooms.FIND,
        DONE.get(request.args.get("done", "")),
        422 if errors else 200,
        record=open_,
        fund=fund_name(visit, company.fund),
        sentence=explain(counted.administrators),
        lines=[_line(each) for each in shown],
        number=page,
        pages=pages,
        to_page=lambda number: f"?page={number}",
        states=STATES,
        codes=status.of_subject(open_.tx, company.id),
        events=[(event, JOURNAL[event.name], authors.shown(event)) for event in events],
        may_invite=visit.may(Act.INVITE, fund=company.fund),
        may_close=visit.may(Act.BULK, fund=company.fund) and _is_open(open_),
        closing=CLOSING,
        waiting=second_person.lines(visit, looks.COMPANY, company.id),
        address=rooms.record(looks.COMPANY, company.id),
        errors=errors or {},
        typed={"email": request.form.get("email", "")} if errors else {},
    )


def explain(administrators: int) -> Text:
    """Return the sentence on top: whether anybody administers the company."""
    if not administrators:
        return text("Nobody administers this company. Invite an administrator by email or letter.")
    if administrators == 1:
        return text("One person administers this company. Nobody can replace them if they leave.")
    return text("Several people administer this company.")


def invite(open_: OpenRecord[Organisation]) -> AnyResponse:
    """Mail the code with which an administrator registers; an earlier one dies."""
    email, reason = normalise_email(request.form.get("email", "")), _reason(open_)
    errors = {} if reason else {"reason": find.NO_REASON}
    if not isinstance(email, Email):
        errors["email"] = email
    elif not _is_open(open_):
        errors["email"] = GONE
    if errors or not isinstance(email, Email):
        return show(open_, errors)
    press = printer_of(open_)
    _count_invitation(open_)
    invitations.mail_administrator(
        open_.tx, open_.row, email.address, sender_of(open_, press), by=open_.visit.actor, reason=reason
    )
    return finished(open_, "invited")


def replace(open_: OpenRecord[Organisation]) -> AnyResponse | AfterCommit:
    """Take the right from every administrator, and hand over the letter for the next one, once."""
    reason, press = _reason(open_), printer_of(open_)
    if not reason:
        return show(open_, {"replace-reason": find.NO_REASON})
    fault = _unprintable(press, open_.row) if _is_open(open_) else GONE
    if fault is not None:
        return show(open_, {"replace-reason": fault})
    visit = open_.visit
    _count, issued = administrators.replace_administrators(
        open_.tx, open_.row, sender_of(open_, press), by=visit.actor, reason=reason
    )
    company = open_.row
    return AfterCommit(lambda: _printed(visit, press, company, issued))


def change_member(open_: OpenRecord[Organisation], membership_id: str, act: str) -> AnyResponse:
    """Do one of `MEMBER_ACTS` for a user of this company; 404 for everybody else's."""
    reason, found = _reason(open_), memberships.by_id(open_.tx, membership_id)
    if found is None or found.organisation_id != open_.row.id or act not in MEMBER_ACTS:
        raise NotFound
    if not reason:
        return show(open_, {f"reason-{membership_id}": find.NO_REASON})
    sender = sender_of(open_, printer_of(open_))
    refused = MEMBER_ACTS[act](open_, found, sender, reason)
    return show(open_, {f"reason-{membership_id}": refused}) if refused is not None else finished(open_, act)


def _deactivate(open_: OpenRecord[Organisation], member: Membership, sender: Sender, reason: str) -> Text | None:
    done = members.deactivate_member(open_.tx, member.id, sender, by=open_.visit.actor, reason=reason)
    if isinstance(done, LastAdministrator):
        return LAST
    return None if isinstance(done, Membership) else GONE


def _reactivate(open_: OpenRecord[Organisation], member: Membership, sender: Sender, reason: str) -> Text | None:
    done = members.reactivate_member(open_.tx, member.id, sender, by=open_.visit.actor, reason=reason)
    return None if isinstance(done, Membership) else GONE


def _resend(open_: OpenRecord[Organisation], member: Membership, sender: Sender, reason: str) -> Text | None:
    if member.state != INVITED or not _is_open(open_):
        return GONE
    _count_invitation(open_)
    invitations.mail_member(open_.tx, open_.row, member, sender, by=open_.visit.actor, reason=reason)
    return None


def _withdraw(open_: OpenRecord[Organisation], member: Membership, _sender: Sender, reason: str) -> Text | None:
    done = invitations.withdraw_member(open_.tx, member.id, by=open_.visit.actor, reason=reason)
    return None if done is None else GONE


MEMBER_ACTS: Mapping[str, Callable[[OpenRecord[Organisation], Membership, Sender, str], Text | None]] = {
    "deactivated": _deactivate,
    "reactivated": _reactivate,
    "resent": _resend,
    "withdrawn": _withdraw,
}


def _line(member: Member) -> MemberLine:
    found = member.membership
    return MemberLine(
        id=found.id,
        name=f"{member.given_name} {member.family_name}".strip(),
        email=mask_email(member.email),
        is_administrator=found.is_administrator,
        state=found.state,
        person=rooms.record(looks.PERSON, found.person_id) if found.person_id else "",
    )


def _page() -> int:
    """Return the page of the list that is asked for; 1 where none can be read."""
    asked = request.args.get("page", "1")
    return max(1, int(asked)) if asked.isascii() and asked.isdigit() and len(asked) < 6 else 1


def _reason(open_: OpenRecord[Organisation]) -> str:
    """Return the typed reason; 404 for staff who only look."""
    if not open_.visit.may(Act.INVITE, fund=open_.row.fund):
        raise NotFound
    return find.reason_of()


def _is_open(open_: OpenRecord[Organisation]) -> bool:
    """Return whether somebody can act for the company: nobody is invited to a closed one."""
    return open_.row.state == organisation.ACTIVE


def _count_invitation(open_: OpenRecord[Organisation]) -> None:
    """Count a mail with all others of the company. Raises `TooManyRequests`."""
    counted = open_.visit.provider.limiter.debit(open_.tx, LIMIT, open_.row.id)
    if isinstance(counted, LimitHit):
        raise TooManyRequests(retry_after=counted.retry_at)


def printer_of(open_: OpenRecord[Organisation]) -> FundLetters:
    visit = open_.visit
    settings, wording = visit.provider.settings, visit.provider.wording
    press = fund_letters.of_fund(visit.registry, settings, wording, open_.tx.now, open_.row.fund)
    if press is None:
        raise NotFound
    return press


def sender_of(open_: OpenRecord[Organisation], press: FundLetters) -> Sender:
    """Return the fund's portal, in the language of the company."""
    language, issuer = press.translator(open_.row.language).language, open_.visit.provider.settings.server.issuer
    at = Occasion(client_id=press.client.client_id, issuer=issuer, language=language)
    return Sender(press.client, at, press.zone)


def _unprintable(press: FundLetters, company: Organisation) -> Text | None:
    if not content.address_lines(company):
        return NO_ADDRESS
    words = press.translator(company.language)
    return print_run.reason_not_to_print(content.for_company(words, press.letterhead, print_run.UNPRINTED, company))


def _printed(visit: DeskVisit, press: FundLetters, company: Organisation, issued: IssuedRegistrationCode) -> Response:
    words = press.translator(company.language)
    letter = content.for_company(words, press.letterhead, print_run.on_paper(issued), company)
    body = print_run.pdf_of([letter])
    with visit.provider.database.transaction(visit.origin) as tx:
        _mark_sent(tx, issued)
    return visit.file(f"{press.fund.code}-{issued.reference}.pdf", body)


def _mark_sent(tx: Transaction, issued: IssuedRegistrationCode) -> None:
    issuing.mark_sent(tx, [issued.code_id])


def finished(open_: OpenRecord[Organisation], what: str) -> AnyResponse:
    """Return to the record, to the page of its list that the act came from."""
    place = f"&page={_page()}" if _page() > 1 else ""
    return redirect(f"{rooms.record(looks.COMPANY, open_.row.id)}?done={what}{place}", 303)
