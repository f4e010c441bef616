"""The screens for people: journeys made of steps, and the pages of signed-in people.

Imports `idp`, never `idp.oidc`. A journey is a `Flow`: a list of steps of which the first unmet one is shown.

Entry points: `ALL`, what is plugged into the application (each a function from the provider to a blueprint), and
`JOURNEYS`, the journeys among it.
"""

from collections.abc import Callable

from flask import Blueprint

from flows.account import pages as account_pages
from flows.account.change_email import CHANGE_EMAIL
from flows.account.change_language import CHANGE_LANGUAGE
from flows.account.change_phone import CHANGE_PHONE
from flows.account.delete_account import DELETE_ACCOUNT
from flows.account.download_data import DOWNLOAD_DATA
from flows.account.emergency import EMERGENCY
from flows.account.leave_company import LEAVE_COMPANY
from flows.account.new_address import NEW_ADDRESS
from flows.account.not_me import NOT_ME
from flows.account.rename_method import RENAME_METHOD
from flows.account.sign_out_elsewhere import SIGN_OUT_ELSEWHERE
from flows.account.withdraw_consent import WITHDRAW_CONSENT
from flows.add_passkey import ADD_PASSKEY
from flows.authenticators import ADD_AUTHENTICATOR, RECOVERY_CODES
from flows.choosing_organisation import CHOOSING_ORGANISATION
from flows.complete import COMPLETE
from flows.consent import CONSENT
from flows.desk import pages as desk_pages
from flows.engine import callback
from flows.engine.flow import Flow
from flows.engine.views import journeys
from flows.links import (
    contested_migration,
    kept_account,
    kept_address,
    lost_access,
    register_address,
    stopped_recovery,
    undone_email_change,
    way_to_an_account,
)
from flows.login import LOGIN
from flows.migration import MIGRATION
from flows.new_password import NEW_PASSWORD
from flows.organisation import pages as organisation_pages
from flows.organisation.directory_token import NEW_DIRECTORY_TOKEN
from flows.organisation.editing import EDIT_USER
from flows.organisation.inviting import NEW_USER
from flows.organisation.phone import USER_PHONE
from flows.reauthentication import REAUTHENTICATION
from flows.recovery import RECOVERY, RESET
from flows.registration import ACTIVATION, INVITATION
from flows.remove_method import REMOVE_METHOD
from idp.provider import Provider

JOURNEYS: tuple[Flow, ...] = (
    LOGIN,
    REAUTHENTICATION,
    NEW_PASSWORD,
    ADD_AUTHENTICATOR,
    RECOVERY_CODES,
    ADD_PASSKEY,
    REMOVE_METHOD,
    COMPLETE,
    CHOOSING_ORGANISATION,
    CONSENT,
    MIGRATION,
    ACTIVATION,
    INVITATION,
    RECOVERY,
    RESET,
    NEW_USER,
    EDIT_USER,
    USER_PHONE,
    NEW_DIRECTORY_TOKEN,
    SIGN_OUT_ELSEWHERE,
    EMERGENCY,
    NOT_ME,
    NEW_ADDRESS,
    CHANGE_EMAIL,
    CHANGE_PHONE,
    CHANGE_LANGUAGE,
    RENAME_METHOD,
    WITHDRAW_CONSENT,
    LEAVE_COMPANY,
    DOWNLOAD_DATA,
    DELETE_ACCOUNT,
)

ALL: tuple[Callable[[Provider], Blueprint], ...] = (
    journeys(*JOURNEYS),
    callback.blueprint,
    register_address.blueprint,
    contested_migration.blueprint,
    organisation_pages.blueprint,
    account_pages.blueprint,
    desk_pages.blueprint,
    undone_email_change.blueprint,
    kept_account.blueprint,
    kept_address.blueprint,
    stopped_recovery.blueprint,
    lost_access.blueprint,
    way_to_an_account.blueprint,
)
