"""The service described for programs (RFC 7644 §4): `ServiceProviderConfig`, `ResourceTypes`, `Schemas`."""

from collections.abc import Sequence

from idp.scim.queries import LARGEST
from idp.scim.schemas import KINDS, ResourceKind

CORE = "urn:ietf:params:scim:schemas:core:2.0"


def service_provider(base: str) -> dict[str, object]:
    """Return the configuration of the service below this address (RFC 7643 §5)."""
    return {
        "schemas": [f"{CORE}:ServiceProviderConfig"],
        "patch": {"supported": True},
        "bulk": {"supported": False, "maxOperations": 0, "maxPayloadSize": 0},
        "filter": {"supported": True, "maxResults": LARGEST},
        "changePassword": {"supported": False},
        "sort": {"supported": False},
        "etag": {"supported": True},
        "authenticationSchemes": [
            {
                "type": "oauthbearertoken",
                "name": "Bearer token",
                "description": "A token that an administrator of the company made in its user management.",
                "primary": True,
            }
        ],
        "meta": _meta(base, "ServiceProviderConfig", "/ServiceProviderConfig"),
    }


def resource_types(base: str) -> Sequence[dict[str, object]]:
    """Return the kinds of resource (RFC 7643 §6)."""
    return [_resource_type(base, kind) for kind in KINDS]


def schemas(base: str) -> Sequence[dict[str, object]]:
    """Return their schemas (RFC 7643 §7)."""
    return [_schema(base, kind) for kind in KINDS]


def _resource_type(base: str, kind: ResourceKind) -> dict[str, object]:
    return {
        "schemas": [f"{CORE}:ResourceType"],
        "id": kind.name,
        "name": kind.name,
        "endpoint": kind.endpoint,
        "description": kind.about,
        "schema": kind.schema,
        "schemaExtensions": [],
        "meta": _meta(base, "ResourceType", f"/ResourceTypes/{kind.name}"),
    }


def _schema(base: str, kind: ResourceKind) -> dict[str, object]:
    return {
        "schemas": [f"{CORE}:Schema"],
        "id": kind.schema,
        "name": kind.name,
        "description": kind.about,
        "attributes": [attribute.described() for attribute in kind.attributes],
        "meta": _meta(base, "Schema", f"/Schemas/{kind.schema}"),
    }


def _meta(base: str, kind: str, path: str) -> dict[str, object]:
    return {"resourceType": kind, "location": base + path}
