"""Groups on the wire (RFC 7643 §4.2): the topics of the portal that are open to the company, and their users."""

from collections.abc import Mapping, Sequence

from idp.organisations.scim_users import DirectoryUser
from idp.scim.errors import invalid
from idp.scim.filters import member
from idp.scim.resources import Place, with_meta
from idp.scim.schemas import GROUP, GROUPS


def shown(topic: str, label: str, users: Sequence[DirectoryUser], place: Place) -> dict[str, object]:
    """Return the topic as it is answered, with those of the company's users whom it is open to."""
    members = [
        {"value": user.id, "$ref": f"{place.base}/Users/{user.id}", "type": "User"}
        for user in users
        if topic in user.topics
    ]
    resource = {"schemas": [GROUP], "id": topic, "displayName": label, "members": members}
    return with_meta(resource, GROUPS, place)


def read_members(given: Mapping[str, object], users: Sequence[DirectoryUser]) -> frozenset[str]:
    """Return the ids of the users that a request wants in the group. Raises `ScimError` for others."""
    listed = member(given, "members")
    if listed is None:
        return frozenset()
    if not isinstance(listed, list):
        raise invalid("members is a list.")
    known = {user.id for user in users}
    wanted = [member(each, "value") if isinstance(each, Mapping) else each for each in listed]
    if any(each not in known for each in wanted):
        raise invalid("A member is no user of the company.")
    return frozenset(str(each) for each in wanted)


def with_topic(user: DirectoryUser, topic: str, *, given: bool) -> tuple[str, ...]:
    """Return the topics of the user with this one, or without it."""
    rest = tuple(each for each in user.topics if each != topic)
    return (*rest, topic) if given else rest
