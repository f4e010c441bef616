"""« Détail »: what the administrators may know of a user, and what they may do (B-27, B-48)."""

from flask import Response, request

from flows.account.rooms import SECURITY
from flows.organisation import listing
from flows.organisation.administration import Administration, address
from flows.organisation.editing import EDIT_USER
from flows.organisation.phone import USER_PHONE
from idp.messages.recipient import mask_phone
from idp.organisations import permissions
from idp.people import phones
from idp.wording import Text, text

DONE: dict[str, Text] = {
    "saved": text("Saved. The change takes effect immediately."),
    "deactivated": text("Access deactivated. The user has been signed out on every device."),
    "phone": text("The mobile number was changed. We have told the user, and they will have to sign in again."),
}


def show(admin: Administration, membership_id: str) -> Response:
    user = listing.user(admin, membership_id)
    membership, changes_phone = user.member.membership, _changes_phone(admin, user)
    return admin.page(
        "user.html",
        user=user,
        done=DONE.get(request.args.get("done", "")),
        topics=admin.client.topic_labels(membership.topics, admin.theme.language),
        phone=_phone(admin, user, is_theirs_to_change=changes_phone),
        changes_phone=changes_phone,
        own=membership.person_id == admin.person_id,
        own_account=address(admin.client, SECURITY.path.removeprefix("/")),
        edit=address(admin.client, EDIT_USER.name, user=user.id),
        change_phone=address(admin.client, USER_PHONE.name, user=user.id),
    )


def _phone(admin: Administration, user: listing.CompanyUser, *, is_theirs_to_change: bool) -> str:
    """Masked, and only where it is the company's to look after."""
    membership = user.member.membership
    if membership.person_id is None:
        return mask_phone(membership.invited_as_phone)
    found = phones.of_person(admin.tx, membership.person_id) if is_theirs_to_change else None
    return mask_phone(found.number) if found is not None else ""


def _changes_phone(admin: Administration, user: listing.CompanyUser) -> bool:
    person_id = user.member.membership.person_id
    if person_id is None or person_id == admin.person_id:
        return False
    return permissions.may_change_phone(admin.tx, person_id, admin.company.id, portal=admin.client.client_id)
