"""Proof of the new account's mailbox: its address, then the code that was mailed there with a link (B-03, C-04)."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from flows.engine.outcomes import Done, Outcome, Retry
from flows.engine.run import Run
from flows.shared import registration_opening
from flows.shared.facts import Facts
from flows.steps.attach_account import owner_of
from flows.steps.code import CodeForm, CodeStep, LongCodeForm
from flows.steps.email_address import AskEmail
from idp.codes.rules import Purpose
from idp.codes.service import Destination
from idp.invitations import redemption
from idp.wording import Text, text

OTHER_ACCOUNT = text("This letter is for an account with another email address. Change the address.")
CODE_OF_THE_LETTER = text("That is the code from your letter. Enter the code from the email.")
CODE_OF_THE_INVITATION = text(
    "That is the code from your invitation. Enter the code from the email we have just sent you."
)

RIGHT_ELSEWHERE = (OTHER_ACCOUNT, CODE_OF_THE_LETTER, CODE_OF_THE_INVITATION)
"""Refusals of a code that was typed as it is printed."""


def the_address(run: Run) -> Destination:
    return Destination("email", run.known(Facts).email)


def link(run: Run) -> dict[str, str]:
    """Return the mail's value in addition to its code: the page that asks for it."""
    return {"link": run.provider.settings.server.issuer + run.address}


def inviting_company(run: Run) -> str:
    """Return the name of the company whose invitation was typed in this run; empty for a letter to a person."""
    opened = registration_opening.of_run(run)
    return opened.company if opened is not None else ""


@dataclass(frozen=True, kw_only=True)
class AskAddress(AskEmail):
    """The page is skipped if the invitation came to the address that it is for."""

    def applies(self, run: Run) -> bool:
        return not run.known(Facts).mailbox_proved

    def page(self, run: Run) -> Mapping[str, object]:
        return {**super().page(run), "inviting_company": inviting_company(run)}


@dataclass(frozen=True, kw_only=True)
class MailboxCode(CodeStep):
    """The link leads to this page, in any browser; a browser that comes by it proves the letter again (B-11, C-15)."""

    name: str = "mail-code"
    title: Text = text("Enter the access code from the email")
    destination: Callable[[Run], Destination] = the_address
    values: Callable[[Run], Mapping[str, object]] = link
    purpose: str = Purpose.MAIL_LINK_CODE
    proved: Facts = Facts(mailbox_proved=True)
    proves: frozenset[str] = frozenset({"email"})
    template: str = "mail-link-code"
    form: type[CodeForm] = LongCodeForm

    def applies(self, run: Run) -> bool:
        return not run.known(Facts).mailbox_proved

    def page(self, run: Run) -> Mapping[str, object]:
        company = "" if run.foreign else inviting_company(run)
        return {**super().page(run), "right_elsewhere": RIGHT_ELSEWHERE, "inviting_company": company}

    def submit(self, run: Run, form: CodeForm, prepared: None) -> Outcome:
        """Accept the mailed code. The letter's own code costs no try: the two look alike (C-13).

        The letter of a person who has an account leads to that account only.
        """
        found = redemption.find(run.tx, form.code, client_id=run.client.client_id)
        if found.code is not None and found.code.id == run.known(Facts).registration:
            by_invitation = run.policy.entry == "membership"
            return Retry({"code": CODE_OF_THE_INVITATION if by_invitation else CODE_OF_THE_LETTER})
        outcome = super().submit(run, form, prepared)
        opened = registration_opening.of_run(run)
        if isinstance(outcome, Done) and opened is not None and opened.owner not in ("", owner_of(run)):
            return Retry({"code": OTHER_ACCOUNT}, status=409)
        return outcome
