"""Every event of the audit trail is told to its person, or kept from them for a reason that stands here."""

import pkgutil
from collections.abc import Iterator, Mapping
from importlib import import_module

from flows.account.activity import WHAT
from idp.audit import events
from idp.audit.events.event import Event

CODES = "a step within a sign-in or a change, which has its own line"
CLIENT = "it is about a client, and names no person"
COMPANY = "it is about a company or an invitation: its journal tells it to the administrators"
LETTER = "it is about a letter or an invitation, before there is a person"
PROTOCOL = "how a portal fetches its tokens after a sign-in, which has its own line"
STAFF = "it is about a member of staff, and names no person"
OPERATION = "it is about the service, and names no person"

NOT_SHOWN: Mapping[str, str] = {
    "ActDecided": "what was confirmed has its own line, and nothing else changed",
    "ActPrepared": "nothing has happened to the account yet",
    "AccessBegan": PROTOCOL,
    "AccessEnded": "it follows from a sign-out, a withdrawal or a change, which has its own line",
    "AdministrationRefused": COMPANY,
    "ChannelFailed": OPERATION,
    "ChannelRecovered": OPERATION,
    "ClientAppeared": CLIENT,
    "ClientChanged": CLIENT,
    "ClientDisappeared": CLIENT,
    "ClientRegistered": CLIENT,
    "ClientRemoved": CLIENT,
    "ClosureReminded": "the mail is its notice; the request has its own line",
    "CodeAccepted": CODES,
    "CodeIssued": PROTOCOL,
    "CodeRefused": CODES,
    "CodeSent": CODES,
    "DatabaseCopied": OPERATION,
    "DatabaseRestored": OPERATION,
    "SecretsAbandoned": OPERATION,
    "DeskSearched": "it names no person; opening a record has its own line",
    "ImportFinished": OPERATION,
    "InactivityReminded": "the mail is its notice, and who reads this page has signed in since",
    "InvitationWithdrawn": COMPANY,
    "LetterFileCollected": OPERATION,
    "LetterJobDiscarded": OPERATION,
    "LettersOrdered": OPERATION,
    "LettersPrinted": OPERATION,
    "LoggedOut": "the session that ended has its own line",
    "MemberInvited": COMPANY,
    "MemberJobDiscarded": OPERATION,
    "MemberJobFinished": OPERATION,
    "MemberJobOrdered": OPERATION,
    "MessageUndelivered": "the desk looks after it; an address that failed cannot be told by mail either",
    "MigrationBegun": "nothing has happened to the account yet; its end has its own line",
    "NamesDifferFromRegister": "a task of the desk",
    "OrganisationChanged": COMPANY,
    "OrganisationRegistered": COMPANY,
    "PasskeyPutOff": "the person declined an offer, and nothing changed",
    "PasskeyUsed": CODES,
    "PersonErased": "nobody is left who could read it",
    "RecordLookedUp": COMPANY,
    "RegisterUploaded": OPERATION,
    "RegistrationCodeIssued": LETTER,
    "RegistrationCodeOpened": LETTER,
    "RegistrationCodeRefused": LETTER,
    "RegistrationCodeReplaced": LETTER,
    "RegistrationCodeUsed": "the account that it opened has its own line",
    "RegistrationCodeWithdrawn": LETTER,
    "ScimTokenCreated": COMPANY,
    "ScimTokenRevoked": COMPANY,
    "ScimUserChanged": "the invitation, the rights and the access of the member have their own lines",
    "StaffAppointmentsChanged": STAFF,
    "StaffDisabled": STAFF,
    "StaffInvited": STAFF,
    "StaffPasskeyAdded": STAFF,
    "StaffPasskeyRemoved": STAFF,
    "StaffRemoved": STAFF,
    "StaffSignInRefused": STAFF,
    "StaffSignedIn": STAFF,
    "StaffSignedOut": STAFF,
    "TokensRevoked": PROTOCOL,
    "WebhooksReplayed": CLIENT,
}


def every_event() -> Iterator[str]:
    """Yield the name of each kind of event, as the audit trail holds it."""
    for module in pkgutil.iter_modules(events.__path__):
        found = vars(import_module(f"{events.__name__}.{module.name}")).values()
        yield from (
            each.__name__ for each in found if isinstance(each, type) and issubclass(each, Event) and each is not Event
        )


def test_every_event_is_shown_or_kept_back_for_a_reason() -> None:
    """X-16"""
    forgotten = set(every_event()) - WHAT.keys() - NOT_SHOWN.keys()

    assert forgotten == set()


def test_no_event_is_both_shown_and_kept_back() -> None:
    assert WHAT.keys() & NOT_SHOWN.keys() == set()


def test_every_name_is_that_of_an_event() -> None:
    assert (WHAT.keys() | NOT_SHOWN.keys()) - set(every_event()) == set()
