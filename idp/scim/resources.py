"""The part that both kinds of resource share: where they are, when they changed, and their version (RFC 7643 §3.1)."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

import msgspec

from idp.api.conditions import names, tag_of
from idp.scim.errors import ScimError
from idp.scim.schemas import ResourceKind


@dataclass(frozen=True)
class Place:
    """The address of the service, without a slash at its end."""

    base: str


def with_meta(
    resource: Mapping[str, object],
    kind: ResourceKind,
    place: Place,
    *,
    created: datetime | None = None,
    changed: datetime | None = None,
) -> dict[str, object]:
    """Return the resource with its `meta`; the version is that of its content (RFC 7644 §3.14)."""
    times = {"created": created, "lastModified": changed}
    meta = {
        "resourceType": kind.name,
        **{name: _moment(at) for name, at in times.items() if at is not None},
        "location": f"{place.base}{kind.endpoint}/{resource['id']}",
        "version": f"W/{tag_of(msgspec.json.encode(resource))}",
    }
    return {**resource, "meta": meta}


def version_of(resource: Mapping[str, object]) -> str:
    """Return the version of a resource, which is its ETag; empty where it has none."""
    meta = resource.get("meta")
    return str(meta.get("version", "")) if isinstance(meta, Mapping) else ""


def check_match(header: str, current: Mapping[str, object]) -> None:
    """Raise `ScimError` (412) if `header` (If-Match) names another version than the current one."""
    if header and not names(header, version_of(current)):
        raise ScimError(412, "The resource has changed since you read it.")


def _moment(at: datetime) -> str:
    return at.isoformat(timespec="milliseconds").replace("+00:00", "Z")
