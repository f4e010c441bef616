"""Letters with activation codes to insured persons: issued, and issued again. `invitations.withdraw_code` ends one."""

from collections.abc import Sequence

from idp.actions.actor import Actor, acting
from idp.database import Transaction
from idp.invitations import campaigns
from idp.invitations.letters import print_run
from idp.invitations.letters.print_run import DrawnLetter, LetterOrder
from idp.people.insured import InsuredDetails


def begin_campaign(tx: Transaction, *, client_id: str, fund: str, by: Actor, reason: str) -> str:
    """Begin a campaign of letters; returns its id."""
    with acting(tx, by, reason=reason):
        return campaigns.begin(tx, client_id=client_id, fund=fund, reason=reason)


def issue_letters(
    tx: Transaction, order: LetterOrder, readers: Sequence[InsuredDetails], *, by: Actor, reason: str
) -> list[DrawnLetter]:
    """Draw the codes of a part of a campaign. A live letter of the same person dies, which is how one is reissued.

    The caller writes the files once the transaction is over: a code that never reached paper stays `created`, and the
    next order replaces it.
    """
    with acting(tx, by, reason=reason):
        return print_run.draw(tx, order, readers, expires_at=print_run.expiry(order, tx.now))


def issue_printed(tx: Transaction, order: LetterOrder, drawn: Sequence[DrawnLetter], *, by: Actor, reason: str) -> bool:
    """Store a whole campaign whose letters are made already. False: the register or a letter has changed meanwhile.

    `drawn` comes from `print_run.draw_unstored`. Nobody can use one of the codes before this transaction ends.
    """
    fund = order.letterhead.fund.code
    with acting(tx, by, reason=reason):
        if not print_run.still_wait(tx, order, [each.reader for each in drawn]):
            return False
        campaigns.begin(tx, client_id=order.client_id, fund=fund, reason=reason, campaign_id=order.campaign_id)
        print_run.store(tx, drawn)
    finish_campaign(tx, order, letters=len(drawn), by=by, reason=reason)
    return True


def finish_campaign(tx: Transaction, order: LetterOrder, *, letters: int, by: Actor, reason: str) -> None:
    """Say that all letters of the campaign are on paper."""
    fund = order.letterhead.fund.code
    with acting(tx, by, reason=reason):
        campaigns.finish(tx, order.campaign_id, client_id=order.client_id, fund=fund, letters=letters, reason=reason)
