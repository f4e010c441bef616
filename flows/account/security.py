"""« Connexion et sécurité »: how the person signs in, what of it is theirs to change, and where (X-16)."""

from flask import Response, request

from flows.account.change_phone import PHONE_ADDED, PHONE_REPLACED
from flows.account.owner import AccountOwner
from flows.account.rooms import SECURITY
from flows.add_passkey import ADD_PASSKEY
from flows.authenticators import ADD_AUTHENTICATOR, RECOVERY_CODES, RECOVERY_CODES_KEPT
from flows.engine.flow import Flow
from flows.new_password import NEW_PASSWORD
from flows.remove_method import REMOVE_METHOD
from idp import methods
from idp.credentials import authenticator_apps, cooling_down, passkeys, passwords, recovery_codes
from idp.messages.recipient import mask_email, mask_phone
from idp.people import emails, phones
from idp.wording import Text, text

DONE: dict[str, Text] = {
    "emergency": text(
        "Your account is protected: all other devices were signed out, and the new password is in effect. "
        "Check below that everything is yours."
    ),
    "email": text(
        "Your new email address is now in use. For three days, you can undo the change from your old address."
    ),
    PHONE_ADDED: text("Your mobile number is now in use."),
    PHONE_REPLACED: text("Your new mobile number is now in use. We have told your old number."),
    RECOVERY_CODES_KEPT: text("Your recovery codes have been saved. They can be used from now on."),
    "renamed": text("The new name has been saved."),
}


def show(owner: AccountOwner) -> Response:
    address, phone = emails.of_person(owner.tx, owner.person_id), phones.in_hand(owner.tx, owner.person_id)
    return owner.page(
        "security.html",
        SECURITY,
        done=DONE.get(request.args.get("done", "")),
        new_password=owner.journey(NEW_PASSWORD.name, SECURITY),
        waits_until=cooling_down.until(owner.tx, owner.provider.registry.current(), owner.person_id),
        password=passwords.current(owner.tx, owner.person_id),
        email=address,
        masked_email=mask_email(address.address) if address is not None else "",
        phone=phone,
        masked_phone=mask_phone(phone.number) if phone is not None else "",
        passkeys=passkeys.listed(owner.tx, owner.person_id),
        apps=authenticator_apps.listed(owner.tx, owner.person_id),
        codes=recovery_codes.listed(owner.tx, owner.person_id),
        **_journeys(owner),
        asks_phone=owner.client.policy.phone != "off",
        safer={methods.PASSKEY, methods.TOTP}.intersection(owner.client.policy.methods),
        codes_by={name for name in (methods.EMAIL, methods.SMS) if name in owner.client.policy.methods},
    )


def _journeys(owner: AccountOwner) -> dict[str, str]:
    """Return where methods are added and removed; adding only what this portal accepts (empty: it does not)."""

    def adding(method: str, flow: Flow) -> str:
        return owner.journey(flow.name, SECURITY) if method in owner.client.policy.methods else ""

    return {
        "add_passkey": adding(methods.PASSKEY, ADD_PASSKEY),
        "remove": REMOVE_METHOD.name,
        "add_app": adding(methods.TOTP, ADD_AUTHENTICATOR),
        "add_codes": adding(methods.RECOVERY, RECOVERY_CODES),
    }
