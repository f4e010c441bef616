"""« Gestion des utilisateurs »: the list (B-20, B-21, B-48)."""

from flask import redirect, request
from werkzeug.wrappers import Response

from flows.organisation import listing
from flows.organisation.administration import Administration, address, second_administrator
from flows.organisation.editing import EDIT_USER
from flows.organisation.inviting import NEW_USER
from idp.organisations import memberships
from idp.wording import Text, text

DONE: dict[str, Text] = {
    "resent": text("The invitation was sent again. The earlier code no longer works."),
    "cancelled": text("The invitation was cancelled. The code no longer works."),
}
NOBODY_SELECTED = text("Select a person in the list first, then ‘Details’.")


def show(admin: Administration) -> Response:
    query = listing.read_query(request.args)
    alone = memberships.count_administrators(admin.tx, admin.company.id) == 1
    return admin.page(
        "users.html",
        query=query,
        found=listing.find(admin, query),
        done=DONE.get(request.args.get("done", "")),
        user_address=lambda user: f"{admin.users}/{user.id}",
        edit=lambda user: address(admin.client, EDIT_USER.name, user=user.id),
        new_user=address(admin.client, NEW_USER.name, organisation=admin.company.id),
        one_administrator=alone,
        awaited=second_administrator(admin.tx, admin.company.id) if alone else "",
        errors={"users": NOBODY_SELECTED} if "details" in request.args else {},
    )


def open_selected(admin: Administration) -> Response:
    """« Détail »: lead to the person who is ticked in the list; without one, back to the list, which says so."""
    selected = request.args.get("user", "")
    if not selected:
        return redirect(f"{admin.users}?details=1", 303)
    return redirect(f"{admin.users}/{admin.user(selected).membership.id}", 303)
