"""The first page: who one is here, the last sign-in, and the one thing that would protect the account better."""

from collections.abc import Callable
from dataclasses import dataclass

from flask import Response, redirect, request
from werkzeug.wrappers import Response as AnyResponse

from flows.account.owner import Owner
from flows.account.rooms import OVERVIEW
from idp.interaction import ACCOUNT_ACTIONS
from idp.messages.recipient import mask_email
from idp.people import emails, phones
from idp.sessions import session as sessions
from idp.wording import Text, text

ACTION = "action"
"""By it a portal names the page that it links to (OpenID Connect account management, `account_management_uri`)."""


@dataclass(frozen=True)
class Advice:
    """Something that strengthens the account. `path` is empty where the person does it elsewhere."""

    applies: Callable[[Owner], bool]
    says: Text
    path: str = ""
    label: Text | None = None


def show(owner: Owner) -> AnyResponse:
    """The overview, or the page that the portal asked for."""
    wanted = ACCOUNT_ACTIONS.get(request.args.get(ACTION, ""), request.path)
    return _overview(owner) if wanted == request.path else redirect(owner.address(wanted), 303)


def advice_for(owner: Owner) -> Advice | None:
    """One piece of advice at a time: the first that applies."""
    return next((advice for advice in ADVICE if advice.applies(owner)), None)


def _overview(owner: Owner) -> Response:
    address = emails.of_person(owner.tx, owner.person_id)
    clear = address.address if address is not None else ""
    return owner.page(
        "overview.html",
        OVERVIEW,
        email=clear,
        masked=mask_email(clear),
        last_sign_in=owner.person.last_sign_in_at,
        devices=len(sessions.of_person(owner.tx, owner.person_id)),
        advice=advice_for(owner),
    )


def _lacks_phone(owner: Owner) -> bool:
    return owner.client.policy.phone != "off" and phones.of_person(owner.tx, owner.person_id) is None


ADVICE = (
    Advice(
        _lacks_phone,
        text("We know no mobile number of yours. With one, you can sign in with a code by SMS."),
        "/change-phone",
        text("Add a mobile number"),
    ),
)
