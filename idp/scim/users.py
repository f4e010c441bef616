"""Users on the wire (RFC 7643 §4.1): a member of the company as its directory reads and writes them."""

from collections.abc import Mapping

from idp.actions.scim_users import WantedUser
from idp.organisations.scim_users import DirectoryUser
from idp.people.email_address import MAX_TYPED, Email, normalise_email
from idp.people.person_name import read_name
from idp.scim.errors import invalid
from idp.scim.resources import Place, with_meta
from idp.scim.schemas import EMAILS, NAME, USER, USERS, canonical

LONGEST = 200
MOST_ADDRESSES = 10
WORDS: Mapping[str, bool] = {"true": True, "false": False}
"""Booleans as Entra ID writes them."""


def shown(user: DirectoryUser, place: Place, topics: Mapping[str, str]) -> dict[str, object]:
    """Return the user as it is answered; `topics` are those of the company, by id."""
    groups = [
        {"value": each, "$ref": f"{place.base}/Groups/{each}", "display": topics[each]}
        for each in user.topics
        if each in topics
    ]
    resource = {
        "schemas": [USER],
        "id": user.id,
        **({"externalId": user.external_id} if user.external_id else {}),
        "userName": user.user_name,
        **user.attributes,
        "active": user.is_active,
        "groups": groups,
    }
    return with_meta(resource, USERS, place, created=user.created_at, changed=user.updated_at)


def read(given: Mapping[str, object], *, active: bool) -> WantedUser:
    """Return the user that a request describes. Raises `ScimError`.

    `active` stands where the request says nothing of it. Unknown attributes are passed over, and so are those that
    cannot be changed (RFC 7644 §3.3).
    """
    known = canonical(given, USERS.attributes)
    external = next((value for name, value in given.items() if name.lower() == "externalid"), None)
    user_name = _text(known.get("userName"), "userName")
    if not user_name:
        raise invalid("userName is required.")
    emails = _emails(known.get("emails"), user_name)
    names = _names(known.get("name"))
    return WantedUser(
        user_name=user_name,
        external_id=_text(external, "externalId"),
        email=_invited(emails),
        given_name=_usable(names.get("givenName", "")),
        family_name=_usable(names.get("familyName", "")),
        attributes={"name": names, "emails": emails},
        active=_boolean(known["active"], "active") if "active" in known else active,
    )


def _text(value: object, name: str) -> str:
    if value is None:
        return ""
    if not isinstance(value, str) or len(value) > LONGEST:
        raise invalid(f"{name} is a text of at most {LONGEST} characters.")
    return value.strip()


def _boolean(value: object, name: str) -> bool:
    found = WORDS.get(value.lower()) if isinstance(value, str) else value
    if not isinstance(found, bool):
        raise invalid(f"{name} is true or false.")
    return found


def _names(value: object) -> dict[str, str]:
    if value is None:
        return {}
    if not isinstance(value, Mapping):
        raise invalid("name is an object.")
    parts = canonical(value, NAME.parts)
    return {name: _text(each, f"name.{name}") for name, each in parts.items()}


def _emails(value: object, user_name: str) -> list[dict[str, object]]:
    """Return the addresses; a directory that sends none means the user name, if that is one."""
    if not value:
        return [{"value": user_name, "primary": True}]
    if not isinstance(value, list) or len(value) > MOST_ADDRESSES:
        raise invalid(f"emails is a list of at most {MOST_ADDRESSES}.")
    found = [_email(each) for each in value]
    if sum(each.get("primary") is True for each in found) > 1:
        raise invalid("Only one address is the primary one.")
    return found


def _email(value: object) -> dict[str, object]:
    if not isinstance(value, Mapping):
        raise invalid("A value of emails is an object.")
    parts = canonical(value, EMAILS.parts)
    address = parts.get("value")
    if not isinstance(address, str) or len(address) > MAX_TYPED:
        raise invalid("An e-mail address is missing.")
    found: dict[str, object] = {"value": address.strip()}
    if "type" in parts:
        found["type"] = _text(parts["type"], "emails.type")
    if "primary" in parts:
        found["primary"] = _boolean(parts["primary"], "emails.primary")
    return found


def _invited(emails: list[dict[str, object]]) -> Email:
    """Return the address that the invitation goes to. Raises `ScimError`."""
    primary = [each for each in emails if each.get("primary")]
    work = [each for each in emails if each.get("type") == "work"]
    found = normalise_email(str((primary or work or emails)[0]["value"]))
    if not isinstance(found, Email):
        raise invalid("The user has no e-mail address that can be written to.")
    return found


def _usable(name: str) -> str:
    """Return the name if people may read it: a link or a number in it would go out in mails, so it is left out."""
    found = read_name(name)
    return found if isinstance(found, str) else ""
