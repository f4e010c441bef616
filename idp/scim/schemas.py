"""The two resources as SCIM describes them (RFC 7643 §7): names of attributes, and what may be done with each."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Literal

USER = "urn:ietf:params:scim:schemas:core:2.0:User"
GROUP = "urn:ietf:params:scim:schemas:core:2.0:Group"
ENTERPRISE = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User"

Mutability = Literal["readWrite", "readOnly", "immutable"]


@dataclass(frozen=True, kw_only=True)
class AttributeDefinition:
    """One attribute; `parts` are those of a complex one."""

    name: str
    about: str
    kind: Literal["string", "boolean", "complex", "reference"] = "string"
    many: bool = False
    required: bool = False
    exact: bool = False
    mutability: Mutability = "readWrite"
    uniqueness: Literal["none", "server"] = "none"
    values: tuple[str, ...] = ()
    references: tuple[str, ...] = ()
    parts: tuple["AttributeDefinition", ...] = ()

    def part(self, name: str) -> "AttributeDefinition | None":
        """Return the part with this name, whatever its case."""
        return find(self.parts, name)

    def described(self) -> dict[str, object]:
        """Return the attribute as RFC 7643 §7 writes it."""
        more: dict[str, object] = {}
        if self.values:
            more["canonicalValues"] = self.values
        if self.references:
            more["referenceTypes"] = self.references
        if self.parts:
            more["subAttributes"] = [part.described() for part in self.parts]
        return {
            "name": self.name,
            "type": self.kind,
            "multiValued": self.many,
            "description": self.about,
            "required": self.required,
            "caseExact": self.exact,
            "mutability": self.mutability,
            "returned": "default",
            "uniqueness": self.uniqueness,
            **more,
        }


def find(attributes: tuple[AttributeDefinition, ...], name: str) -> AttributeDefinition | None:
    """Return the attribute with this name, whatever its case (RFC 7643 §2.1)."""
    return next((each for each in attributes if each.name.lower() == name.lower()), None)


EXTERNAL_ID = AttributeDefinition(name="externalId", about="The directory's own id of the user.", exact=True)
"""Common to all resources, and part of no schema (RFC 7643 §3.1)."""

NAME = AttributeDefinition(
    name="name",
    about="The names that the company's list shows until the person has joined.",
    kind="complex",
    required=True,
    parts=(
        AttributeDefinition(name="givenName", about="First name.", required=True),
        AttributeDefinition(name="familyName", about="Last name.", required=True),
    ),
)
EMAILS = AttributeDefinition(
    name="emails",
    about="The invitation goes to the primary address, else to the one for work, else to the first.",
    kind="complex",
    many=True,
    required=True,
    parts=(
        AttributeDefinition(name="value", about="The address.", required=True),
        AttributeDefinition(name="type", about="Its use.", values=("work", "home", "other")),
        AttributeDefinition(name="primary", about="The address to write to.", kind="boolean"),
    ),
)
USER_ATTRIBUTES = (
    AttributeDefinition(
        name="userName",
        about="The name of the user in the company's directory, unique in the company.",
        required=True,
        uniqueness="server",
    ),
    NAME,
    EMAILS,
    AttributeDefinition(
        name="active",
        about="Whether the person may act for the company. A new active user is invited by mail.",
        kind="boolean",
        required=True,
    ),
    AttributeDefinition(
        name="groups",
        about="The topics of the portal that are open to the user.",
        kind="complex",
        many=True,
        mutability="readOnly",
        parts=(
            AttributeDefinition(name="value", about="The id of the group.", exact=True, mutability="readOnly"),
            AttributeDefinition(
                name="$ref",
                about="The address of the group.",
                kind="reference",
                exact=True,
                mutability="readOnly",
                references=("Group",),
            ),
            AttributeDefinition(name="display", about="The name of the group.", mutability="readOnly"),
        ),
    ),
)
GROUP_ATTRIBUTES = (
    AttributeDefinition(name="displayName", about="The name of the topic.", required=True, mutability="readOnly"),
    AttributeDefinition(
        name="members",
        about="The users to whom the topic is open.",
        kind="complex",
        many=True,
        parts=(
            AttributeDefinition(name="value", about="The id of the user.", exact=True, mutability="immutable"),
            AttributeDefinition(
                name="$ref",
                about="The address of the user.",
                kind="reference",
                exact=True,
                mutability="immutable",
                references=("User",),
            ),
            AttributeDefinition(name="type", about="Always User.", mutability="immutable", values=("User",)),
        ),
    ),
)

NOT_KEPT = frozenset(
    {
        "addresses",
        "displayname",
        "entitlements",
        "ims",
        "locale",
        "nickname",
        "password",
        "phonenumbers",
        "photos",
        "preferredlanguage",
        "profileurl",
        "roles",
        "timezone",
        "title",
        "usertype",
        "x509certificates",
    }
)
"""Attributes of RFC 7643 §4.1 that directories send and nothing here needs: they are accepted, and not stored."""


@dataclass(frozen=True, kw_only=True)
class ResourceKind:
    """One of the two kinds of resource, and where it is."""

    name: Literal["User", "Group"]
    schema: str
    endpoint: str
    about: str
    attributes: tuple[AttributeDefinition, ...]

    def attribute(self, name: str) -> AttributeDefinition | None:
        """Return the attribute that a request may name, whatever the case."""
        return EXTERNAL_ID if name.lower() == "externalid" else find(self.attributes, name)

    def is_ignored(self, name: str) -> bool:
        """Return whether a request may name it although nothing is stored: an extension too."""
        return name.lower() in NOT_KEPT or name.lower().startswith("urn:")


USERS = ResourceKind(
    name="User", schema=USER, endpoint="/Users", about="Members of the company.", attributes=USER_ATTRIBUTES
)
GROUPS = ResourceKind(
    name="Group", schema=GROUP, endpoint="/Groups", about="Topics of the portal.", attributes=GROUP_ATTRIBUTES
)
KINDS = (USERS, GROUPS)


def canonical(given: Mapping[str, object], attributes: tuple[AttributeDefinition, ...]) -> dict[str, object]:
    """Return the attributes of a resource that are known, under their own names; null is the same as absent."""
    return dict(_known(given, attributes))


def _known(given: Mapping[str, object], attributes: tuple[AttributeDefinition, ...]) -> Iterator[tuple[str, object]]:
    for name, value in given.items():
        attribute = find(attributes, name)
        if attribute is None or value is None:
            continue
        if not attribute.parts:
            yield attribute.name, value
        elif isinstance(value, Mapping):
            yield attribute.name, canonical(value, attribute.parts)
        elif isinstance(value, list):
            yield (
                attribute.name,
                [canonical(each, attribute.parts) if isinstance(each, Mapping) else each for each in value],
            )
        else:
            yield attribute.name, value
