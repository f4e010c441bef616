"""Open an account with the code of a letter or an invitation (journeys B.1, B-25, C).

The code decides which of the two it is, wherever it was typed. Nothing is written before the last step, and nobody is
signed in by it: the end leads to the portal's login (C-10).
"""

from flows.engine.flow import Flow
from flows.engine.run import Run
from flows.methods.usable import lacks_any_method
from flows.shared.facts import Facts
from flows.shared.registration_opening import fund_that_wrote
from flows.shared.sessions import return_to_request
from flows.steps.attach_account import AttachAccount, OwnersSecondStep, is_new_person
from flows.steps.code import CodeStep
from flows.steps.new_password import NewPassword
from flows.steps.phone_number import AskPhone
from flows.steps.registration.account import DialogueForm, OpenAccount
from flows.steps.registration.code import ACTIVATION as ACTIVATION_NAME
from flows.steps.registration.code import INVITATION as INVITATION_NAME
from flows.steps.registration.code import AskRegistrationCode
from flows.steps.registration.conclusion import ConcludingCode, Review
from flows.steps.registration.mailbox import AskAddress, MailboxCode
from idp.codes.rules import Purpose
from idp.codes.service import Destination
from idp.wording import text

LETTER, ADDRESS, ACCOUNT, PHONE = text("Letter"), text("Email"), text("Account"), text("Phone")
INVITATION_STAGE, CHECK = text("Invitation"), text("Check")
BEGIN_AGAIN = text("Enter the access code again")


def needs_phone(run: Run) -> bool:
    """Return whether the phone is asked for here: invited users prove theirs at the first sign-in (B-40, B-50)."""
    return is_new_person(run) and not mailbox_came_proved(run)


def mailbox_came_proved(run: Run) -> bool:
    return bool(run.results.get(AskRegistrationCode.name, {}).get("mailbox_proved"))


def has_new_phone(run: Run) -> bool:
    return is_new_person(run) and bool(run.known(Facts).phone)


def phone(run: Run) -> Destination:
    return Destination("sms", run.known(Facts).phone)


ACTIVATION = Flow(
    name=ACTIVATION_NAME,
    fund=fund_that_wrote,
    steps=(
        AskRegistrationCode(stage=LETTER),
        AskAddress(title=text("Choose your user account"), template="account-address", stage=ADDRESS),
        MailboxCode(stage=ADDRESS),
        AttachAccount(stage=ACCOUNT),
        AskPhone(name="first-phone", template="phone-number", needed=lacks_any_method, stage=ACCOUNT),
        OwnersSecondStep(),
        OpenAccount(stage=ACCOUNT),
        NewPassword(needed=is_new_person, stage=ACCOUNT),
        AskPhone(template="mobile-number", needed=is_new_person, stage=PHONE, spares=True),
        ConcludingCode(
            name="phone-code",
            purpose=Purpose.PHONE_PROOF,
            title=text("Confirm your mobile phone"),
            destination=phone,
            needed=has_new_phone,
            proved=Facts(phone_proved=True, written=True),
            stage=PHONE,
        ),
        Review(needed=lambda run: not has_new_phone(run), stage=PHONE),  # an account that was there, or no phone
    ),
    begin_again=BEGIN_AGAIN,
    finish=return_to_request,
)

INVITATION = Flow(
    name=INVITATION_NAME,
    fund=fund_that_wrote,
    steps=(
        AskRegistrationCode(stage=INVITATION_STAGE),
        AskAddress(title=text("Enter your email address as administrator"), template="account-address", stage=ADDRESS),
        MailboxCode(stage=ADDRESS),
        AttachAccount(stage=ACCOUNT),
        AskPhone(name="first-phone", template="phone-number", needed=lacks_any_method, stage=ACCOUNT),
        OwnersSecondStep(),
        OpenAccount(form=DialogueForm, stage=ACCOUNT),
        AskPhone(template="mobile-number", needed=needs_phone, stage=PHONE),
        CodeStep(
            name="phone-code",
            purpose=Purpose.PHONE_PROOF,
            title=text("Confirm your mobile phone"),
            destination=phone,
            needed=has_new_phone,
            proved=Facts(phone_proved=True),
            stage=PHONE,
        ),
        Review(stage=CHECK),
    ),
    begin_again=BEGIN_AGAIN,
    finish=return_to_request,
)
