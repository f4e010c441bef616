"""One letter: drawn again for a person of a fund's register, and withdrawn.

The letter is printed once, as the answer to the button: nobody can ask for the file again, and the code stands nowhere
else. A letter that was lost on the way is drawn again, and the one before dies.
"""

from collections.abc import Sequence

from flask import Response

from flows.desk.visit import AfterCommit, DeskVisit
from idp.actions import letters as actions
from idp.database import Transaction
from idp.invitations.letters import fund_letters, print_run
from idp.invitations.letters.fund_letters import FundLetters
from idp.invitations.letters.print_run import DrawnLetter, LetterOrder
from idp.staff import visibility
from idp.staff.appointments import Act
from idp.wording import Text, text

NO_FUND = text("This fund is not served any more.")
NOT_REGISTERED = text("There is no one in the register with this number.")


def reissue(visit: DeskVisit, fund: str, number: str, *, reason: str) -> AfterCommit | Text:
    """Draw the code of a new letter; a `Text` says why there is none. The file is written after the commit."""
    provider, tx = visit.provider, visit.tx
    press = fund_letters.of_fund(visit.registry, provider.settings, provider.wording, tx.now, fund)
    if press is None:
        return NO_FUND
    readers, skipped = print_run.select(tx, press.order("", replace_live=True), [number])
    if not readers:
        return skipped[0].reason
    client_id = press.client.client_id
    campaign = actions.begin_campaign(tx, client_id=client_id, fund=fund, by=visit.actor, reason=reason)
    order = press.order(campaign, replace_live=True)
    drawn = actions.issue_letters(tx, order, readers, by=visit.actor, reason=reason)
    return AfterCommit(lambda: _printed(visit, press, order, drawn, reason))


def reissue_for(visit: DeskVisit, person_id: str, *, reason: str) -> AfterCommit | Text:
    """Draw a new letter for a person who has an account, in a register of the funds whose letters are ours."""
    entry = visibility.entry_of(visit.tx, visit.scope(Act.LETTERS), person_id)
    return NOT_REGISTERED if entry is None else reissue(visit, entry.fund, entry.number, reason=reason)


def _printed(
    visit: DeskVisit, press: FundLetters, order: LetterOrder, drawn: Sequence[DrawnLetter], reason: str
) -> Response:
    body = print_run.pdf_of(print_run.letters(order, drawn))
    with visit.provider.database.transaction(visit.origin) as tx:
        _finish(tx, visit, order, len(drawn), reason)
    return visit.file(f"{press.fund.code}-{drawn[0].issued.reference}.pdf", body)


def _finish(tx: Transaction, visit: DeskVisit, order: LetterOrder, letters: int, reason: str) -> None:
    actions.finish_campaign(tx, order, letters=letters, by=visit.actor, reason=reason)
