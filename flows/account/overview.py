"""The first page: who one is here, the last sign-in, and the one thing that would protect the account better."""

from collections.abc import Callable
from dataclasses import dataclass

from flask import Response, redirect, request
from werkzeug.wrappers import Response as AnyResponse

from flows.account.change_phone import CHANGE_PHONE
from flows.account.owner import AccountOwner
from flows.account.rooms import OVERVIEW
from flows.add_passkey import ADD_PASSKEY
from flows.authenticators import ADD_AUTHENTICATOR, RECOVERY_CODES
from idp import methods
from idp.credentials import recovery_codes, required_methods
from idp.interaction import ACCOUNT_ACTIONS
from idp.messages.recipient import mask_email
from idp.people import emails, phones
from idp.sessions import session as sessions
from idp.wording import Text, own_name, text

ACTION = "action"
"""By it a portal names the page that it links to (OpenID Connect account management, `account_management_uri`)."""


DONE: dict[str, Text] = {"language": text("Your language has been saved.")}


@dataclass(frozen=True)
class Advice:
    """Something that strengthens the account, and the name of the journey that does it."""

    applies: Callable[[AccountOwner], bool]
    says: Text
    flow: str
    label: Text


def show(owner: AccountOwner) -> AnyResponse:
    """Return the overview, or the page that the portal asked for."""
    wanted = ACCOUNT_ACTIONS.get(request.args.get(ACTION, ""), request.path)
    return _overview(owner) if wanted == request.path else redirect(owner.address(wanted), 303)


def advice_for(owner: AccountOwner) -> Advice | None:
    """Return the first piece of advice that applies; the page shows one at a time."""
    return next((advice for advice in ADVICE if advice.applies(owner)), None)


def _overview(owner: AccountOwner) -> Response:
    address = emails.of_person(owner.tx, owner.person_id)
    clear = address.address if address is not None else ""
    return owner.page(
        "overview.html",
        OVERVIEW,
        done=DONE.get(request.args.get("done", "")),
        language=own_name(owner.person.language),
        email=clear,
        masked=mask_email(clear),
        last_sign_in=owner.person.last_sign_in_at,
        devices=len(sessions.of_person(owner.tx, owner.person_id)),
        advice=advice_for(owner),
    )


def _lacks_phone(owner: AccountOwner) -> bool:
    return owner.client.policy.phone != "off" and phones.in_hand(owner.tx, owner.person_id) is None


def _lacks(owner: AccountOwner, method: str) -> bool:
    """Return whether the portal accepts it, and the person has neither it nor a passkey."""
    held = required_methods.held(owner.tx, owner.person_id)
    return method in owner.client.policy.methods and not held[methods.PASSKEY] and not held[method]


def _lacks_passkey(owner: AccountOwner) -> bool:
    return _lacks(owner, methods.PASSKEY)


def _lacks_app(owner: AccountOwner) -> bool:
    return _lacks(owner, methods.TOTP)


def _lacks_spare(owner: AccountOwner) -> bool:
    """Return whether the person would have only the password left after losing one device."""
    held = required_methods.held(owner.tx, owner.person_id)
    has_device = held[methods.PASSKEY] or held[methods.TOTP]
    few = recovery_codes.left(owner.tx, owner.person_id) <= recovery_codes.FEW
    return methods.RECOVERY in owner.client.policy.methods and bool(has_device) and few


ADVICE = (
    Advice(
        _lacks_phone,
        text("Your account has no mobile number. With one, you can sign in with a code by text message."),
        CHANGE_PHONE.name,
        text("Add a mobile number"),
    ),
    Advice(
        _lacks_passkey,
        text("With a passkey, you unlock your device and are signed in. There is no code to enter, and none to steal."),
        ADD_PASSKEY.name,
        text("Add a passkey"),
    ),
    Advice(
        _lacks_app,
        text(
            "An authenticator app shows a code on your phone, even without a signal. It is safer than a text message."
        ),
        ADD_AUTHENTICATOR.name,
        text("Add an authenticator app"),
    ),
    Advice(
        _lacks_spare,
        text("Recovery codes let you sign in if you lose your device. Print them and keep them in a safe place."),
        RECOVERY_CODES.name,
        text("Create recovery codes"),
    ),
)
