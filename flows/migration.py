"""Move a person from a portal's former directory to this provider.

    former password → e-mail → code → phone → code → details, new password, terms → done

A person who proves a mailbox that already has an account signs in with it, and the identifier joins that account.
"""

from flows.engine.flow import Flow
from flows.engine.outcomes import Ending, Page
from flows.engine.run import Run
from flows.guards.migration_closed import MigrationClosed, why_closed
from flows.shared import occasion
from flows.shared.facts import Facts
from flows.steps.acknowledgement import Acknowledgement
from flows.steps.attach_account import AttachAccount, OwnersSecondStep, is_new_person
from flows.steps.attach_identifier import AttachIdentifier
from flows.steps.code import CodeStep
from flows.steps.complete_migration import CompleteMigration
from flows.steps.email_address import AskEmail
from flows.steps.legacy_credentials import LegacyCredentials, account_of
from flows.steps.phone_number import AskPhone
from idp import methods
from idp.codes.rules import Purpose
from idp.codes.service import Destination
from idp.notices import migration as notices
from idp.wording import text

EMAIL = text("Email")
PHONE = text("Phone")
DETAILS = text("Personal information")


def is_asked_at_known_address(run: Run) -> bool:
    """Return whether the portal wants a code from the address on file first, and there is one (A-38)."""
    source = run.policy.legacy
    return source is not None and source.code_to_known_address and bool(account_of(run).email)


def begin(run: Run) -> None:
    """Notify the address on file of every migration that could be made."""
    account = account_of(run)
    if not why_closed(run, account):
        notices.begun(run.tx, account, occasion.of_run(run))


def show_migrated(run: Run) -> Ending:
    """Return the last page, whose button leads to a sign-in. Nobody is signed in yet (A-13, A-14).

    A person who gave no phone is offered recovery codes if the portal accepts them (A-40).
    """
    facts = run.known(Facts)
    lacks_phone = is_new_person(run) and not facts.phone_proved
    values = {
        "address": facts.email,
        "identifier": account_of(run).identifier,
        "attached": not is_new_person(run),
        "by_email_only": lacks_phone,
        "offers_codes": lacks_phone and methods.RECOVERY in run.policy.methods,
    }
    return Page("pages/migrated.html", values)


MIGRATION = Flow(
    name="migration",
    guards=(MigrationClosed(),),
    steps=(
        LegacyCredentials(),
        CodeStep(
            name="known-address-code",
            purpose=Purpose.MAIL_PROOF,
            title=text("Update your account: check your email"),
            template="known-address-code",
            destination=lambda run: Destination("email", account_of(run).email),
            needed=is_asked_at_known_address,
            proved=Facts(),
            stage=EMAIL,
        ),
        AskEmail(title=text("Update your account"), template="migration-email", stage=EMAIL),
        CodeStep(
            name="email-code",
            purpose=Purpose.MAIL_PROOF,
            title=text("Update your account: check your email"),
            template="migration-email-code",
            destination=lambda run: Destination("email", run.known(Facts).email),
            proved=Facts(mailbox_proved=True),
            stage=EMAIL,
        ),
        AttachAccount(added=text("Your old user ID will be linked to it."), stage=EMAIL),  # whose address it is
        OwnersSecondStep(),
        AttachIdentifier(),
        Acknowledgement(name="email-confirmed", needed=is_new_person, stage=EMAIL),
        AskPhone(
            title=text("Update your account: your mobile phone"),
            template="migration-phone",
            needed=is_new_person,
            stage=PHONE,
        ),
        CodeStep(
            name="phone-code",
            purpose=Purpose.PHONE_PROOF,
            title=text("Update your account: check your phone"),
            destination=lambda run: Destination("sms", run.known(Facts).phone),
            needed=lambda run: bool(run.known(Facts).phone) and is_new_person(run),
            proved=Facts(phone_proved=True),
            stage=PHONE,
        ),
        CompleteMigration(stage=DETAILS),
    ),
    begin=begin,
    last_stage=text("Completion"),
    finish=show_migrated,
)
