"""PATCH (RFC 7644 §3.5.2): operations on a resource as it is answered; the result is read like a replacement.

Microsoft Entra ID is understood as it writes: operations in any case, several attributes without a path whose names are
paths themselves, booleans as texts, a value of a multi-valued attribute that is set before it exists, and members to be
removed that stand in the value.
"""

import re
from collections.abc import Mapping, Sequence
from copy import deepcopy
from dataclasses import dataclass

from idp.scim import filters
from idp.scim.errors import ScimError, invalid
from idp.scim.filters import ATTRIBUTE, AllOf, Comparison, Filter, bare, matches, member
from idp.scim.schemas import AttributeDefinition, ResourceKind

SCHEMA = "urn:ietf:params:scim:api:messages:2.0:PatchOp"
MOST = 1000
PATH = re.compile(r"(?P<attribute>[^\[\]]+?)(?:\[(?P<filter>.*)\](?:\.(?P<part>[A-Za-z$][\w$-]*))?)?", re.DOTALL)
UNREADABLE = "The path cannot be read."

Values = dict[str, object]


@dataclass(frozen=True)
class Target:
    """A place in a resource: an attribute, some of its values, or a part of either."""

    attribute: AttributeDefinition
    chosen: Filter | None
    part: AttributeDefinition | None


def apply(body: Mapping[str, object], resource: Mapping[str, object], kind: ResourceKind) -> Values:
    """Return the resource after all operations of the request. Raises `ScimError`; one that fails undoes all."""
    schemas, operations = member(body, "schemas"), member(body, "Operations")
    if isinstance(schemas, list) and SCHEMA not in schemas:
        raise invalid("This is no PatchOp.", "invalidSyntax")
    if not isinstance(operations, list) or not operations or len(operations) > MOST:
        raise invalid(f"Operations is a list of 1 to {MOST}.", "invalidSyntax")
    changed: Values = deepcopy(dict(resource))
    for operation in operations:
        if not isinstance(operation, Mapping):
            raise invalid("An operation is an object.", "invalidSyntax")
        _apply(operation, changed, kind)
    return changed


def _apply(operation: Mapping[str, object], resource: Values, kind: ResourceKind) -> None:
    op, path, value = member(operation, "op"), member(operation, "path"), member(operation, "value")
    act = op.lower() if isinstance(op, str) else ""
    if act not in ("add", "replace", "remove"):
        raise invalid("op is add, replace or remove.", "invalidSyntax")
    if path is not None and not isinstance(path, str):
        raise invalid(UNREADABLE, "invalidPath")
    if path and path.strip():
        _at(act, path.strip(), value, resource, kind)
    elif act == "remove":
        raise invalid("A removal needs a path.", "noTarget")
    elif not isinstance(value, Mapping):
        raise invalid("Without a path, the value is an object.", "invalidValue")
    else:
        for name, each in value.items():
            if not _is_settled(name, kind):
                _at(act, name, each, resource, kind)


def _is_settled(name: str, kind: ResourceKind) -> bool:
    """Return whether a name without a path says nothing to change: what the directory read before, or unknown here."""
    if name.lower() in ("schemas", "id", "meta"):
        return True
    attribute = kind.attribute(_split(name)[0])
    return attribute is not None and attribute.mutability == "readOnly"


def _at(act: str, path: str, value: object, resource: Values, kind: ResourceKind) -> None:
    target = _target(path, kind)
    if target is None:
        return
    if target.attribute.mutability == "readOnly":
        raise invalid(f"{target.attribute.name} cannot be changed.", "mutability")
    if act != "remove" and value is None:
        raise invalid(f"{path} has no value.", "invalidValue")
    if target.attribute.many:
        _change_values(act, target, value, resource)
    elif target.part is not None:
        _change_part(act, target, value, resource)
    elif act == "remove":
        resource.pop(target.attribute.name, None)
    else:
        _set(target.attribute, value, resource)


def _target(path: str, kind: ResourceKind) -> Target | None:
    """Return the place that a path names; None: an attribute that is accepted and not stored."""
    if kind.schema.lower() == path.lower():
        raise invalid(UNREADABLE, "invalidPath")
    found = PATH.fullmatch(path)
    if found is None or not ATTRIBUTE.fullmatch(found["attribute"]):
        raise invalid(UNREADABLE, "invalidPath")
    name, part_name = _split(found["attribute"])
    attribute = kind.attribute(name)
    foreign = path.lower().startswith("urn:") and not path.lower().startswith(f"{kind.schema.lower()}:")
    if foreign or attribute is None:
        if foreign or kind.is_ignored(name):
            return None
        raise invalid(f"There is no attribute {name[:100]}.", "invalidPath")
    part_name = part_name or found["part"] or ""
    part = attribute.part(part_name) if part_name else None
    if part_name and part is None:
        _check_part(attribute, part_name)
        return None
    chosen = _filter(found["filter"]) if found["filter"] is not None else None
    if chosen is not None and not attribute.many:
        raise invalid(f"{attribute.name} has one value only.", "invalidPath")
    return Target(attribute, chosen, part)


def _check_part(attribute: AttributeDefinition, name: str) -> None:
    """Pass over the other parts that RFC 7643 gives names and addresses (`name.formatted`, `emails.display`)."""
    if name.lower() not in ("formatted", "middlename", "honorificprefix", "honorificsuffix", "display"):
        raise invalid(f"{attribute.name} has no part {name[:100]}.", "invalidPath")


def _filter(written: str) -> Filter:
    try:
        return filters.parse(written)
    except ScimError as error:
        raise invalid(error.detail, "invalidPath") from error


def _split(attribute: str) -> tuple[str, str]:
    name, _, part = bare(attribute).partition(".")
    return name, part


def _set(attribute: AttributeDefinition, value: object, resource: Values) -> None:
    """Set a single attribute; the parts of a complex one that are not given stay (RFC 7644 §3.5.2.3)."""
    if not attribute.parts:
        resource[attribute.name] = _scalar(value)
        return
    if not isinstance(value, Mapping):
        raise invalid(f"{attribute.name} is an object.", "invalidValue")
    before = resource.get(attribute.name)
    resource[attribute.name] = {**(before if isinstance(before, Mapping) else {}), **_parts(attribute, value)}


def _change_part(act: str, target: Target, value: object, resource: Values) -> None:
    before = resource.get(target.attribute.name)
    parts = dict(before) if isinstance(before, Mapping) else {}
    if target.part is not None:
        parts.pop(target.part.name, None)
        if act != "remove":
            parts[target.part.name] = _scalar(value)
    resource[target.attribute.name] = parts


def _change_values(act: str, target: Target, value: object, resource: Values) -> None:
    name, before = target.attribute.name, resource.get(target.attribute.name)
    values = [dict(each) for each in before if isinstance(each, Mapping)] if isinstance(before, list) else []
    if target.chosen is None and target.part is None:
        resource[name] = _whole(act, target.attribute, value, values)
        return
    chosen = [each for each in values if target.chosen is None or matches(target.chosen, each)]
    if act == "remove":
        resource[name] = _without(target, values, chosen)
        return
    if not chosen:
        chosen = [_made(target)]
        values += chosen
    for each in chosen:
        if target.part is not None:
            each[target.part.name] = _scalar(value)
        elif isinstance(value, Mapping):
            each.update(_parts(target.attribute, value))
        else:
            raise invalid(f"A value of {name} is an object.", "invalidValue")
    resource[name] = _one_primary(values, chosen)


def _whole(act: str, attribute: AttributeDefinition, value: object, values: list[Values]) -> list[Values]:
    """Add to the values, replace all of them, or remove those that are listed."""
    if act == "remove" and value is None:
        return []
    listed = value if isinstance(value, list) else [value]
    given = [_parts(attribute, each) if isinstance(each, Mapping) else {"value": each} for each in listed]
    if act == "remove":
        gone = {str(each.get("value")) for each in given}
        return [each for each in values if str(each.get("value")) not in gone]
    if act == "replace":
        return given
    new = [each for each in given if each not in values]
    return _one_primary([*values, *new], new)


def _without(target: Target, values: list[Values], chosen: list[Values]) -> list[Values]:
    if target.part is None:
        return [each for each in values if not any(each is one for one in chosen)]
    for each in chosen:
        each.pop(target.part.name, None)
    return values


def _made(target: Target) -> Values:
    """Return the value that a filter asks for where there is none yet: `emails[type eq "work"].value`."""
    parts = target.chosen.parts if isinstance(target.chosen, AllOf) else (target.chosen,)
    made: Values = {}
    for each in parts:
        part = target.attribute.part(bare(each.attribute)) if isinstance(each, Comparison) else None
        if not isinstance(each, Comparison) or each.operator != "eq" or part is None:
            raise invalid("Nothing is there that the path describes.", "noTarget")
        made[part.name] = each.value
    return made


def _one_primary(values: list[Values], new: Sequence[Values]) -> list[Values]:
    """Let a new primary value take the place of the former one (RFC 7644 §3.5.2)."""
    chosen = next((each for each in new if each.get("primary") is True), None)
    if chosen is not None:
        for each in values:
            if each is not chosen and each.get("primary"):
                each["primary"] = False
    return values


def _parts(attribute: AttributeDefinition, value: Mapping[str, object]) -> Values:
    """Return the known parts of a complex value under their own names."""
    found = ((attribute.part(name), each) for name, each in value.items())
    return {part.name: _scalar(each) for part, each in found if part is not None and each is not None}


def _scalar(value: object) -> object:
    """Return a simple value, also where it comes in the list that some directories make of it."""
    if isinstance(value, list) and len(value) == 1 and isinstance(value[0], Mapping):
        return member(value[0], "value")
    return value
