"""The messages that were sent to a person, in the words that say what each was about."""

from collections.abc import Mapping

from flows.account.activity import WHAT
from idp.wording import Text, text

CONFIRMATION = text("Code to confirm an email address")
CONFIRMATION_BY_PHONE = text("Code to confirm a mobile number")
MIGRATION = text("Update of an old account")
INVITATION = text("Invitation")
COMPANY = text("Access or rights for a company changed")

ABOUT: Mapping[str, Text] = {
    "sign_in_code": text("Sign-in code"),
    "address_proof": CONFIRMATION,
    "address_link": CONFIRMATION,
    "phone_proof": CONFIRMATION_BY_PHONE,
    "admin_phone_proof": CONFIRMATION_BY_PHONE,
    "recovery_link": WHAT["RecoveryRequested"],
    "recovery_delayed": WHAT["RecoveryRequested"],
    "recovery_open": WHAT["RecoveryRequested"],
    "recovery_by_desk": WHAT["RecoveryRequested"],
    "recovery_code": text("Code for a new password"),
    "recovery_gone": WHAT["RecoveryEnded"],
    "recovery_stopped": WHAT["RecoveryEnded"],
    "company_invitation": INVITATION,
    "member_invitation": INVITATION,
    "staff_invitation": INVITATION,
    "staff_passkey_added": WHAT["PasskeyAdded"],
    "staff_passkey_removed": WHAT["PasskeyRemoved"],
    "account_opened": WHAT["PersonCreated"],
    "access_added": WHAT["Enrolled"],
    "new_device": text("Sign-in on a new device"),
    "account_disabled": WHAT["PersonDisabled"],
    "account_inactive": text("Account not used for a long time"),
    "account_erased": text("Account deleted"),
    "accounts_merged": WHAT["PersonsMerged"],
    "data_downloaded": WHAT["DataDownloaded"],
    "closure_asked": WHAT["ClosureAsked"],
    "closure_reminder": WHAT["ClosureAsked"],
    "closure_stopped": WHAT["ClosureStopped"],
    "password_changed": WHAT["PasswordSet"],
    "password_required": WHAT["PasswordRetired"],
    "sign_in_delayed": WHAT["SignInDelayed"],
    "sign_in_blocked": WHAT["SignInBlocked"],
    "email_changed": WHAT["EmailChanged"],
    "email_replacement": WHAT["EmailReplacementBegun"],
    "new_address": WHAT["EmailReplacementBegun"],
    "email_kept": WHAT["EmailReplacementCancelled"],
    "phone_changed": WHAT["PhoneChanged"],
    "phone_changed_by_company": WHAT["PhoneChanged"],
    "phone_replacement": WHAT["PhoneReplacementBegun"],
    "phone_kept": WHAT["PhoneReplacementCancelled"],
    "desk_acted": WHAT["DeskActed"],
    "rights_changed": COMPANY,
    "access_changed": COMPANY,
    "directory_admitted": text("Automatic user management"),
    "passkey_suspect": WHAT["PasskeyCountWentBack"],
    "factor_changed": text("Sign-in method added or removed"),
    "recovery_code_used": WHAT["RecoveryCodeUsed"],
    "migration_begun": MIGRATION,
    "migration_ended": MIGRATION,
    "account_migrated": MIGRATION,
    "migration_help": MIGRATION,
    "migration_stopped": WHAT["MigrationContested"],
}
"""By the name of the template. The subject itself is gone with the message: it may hold a code."""
