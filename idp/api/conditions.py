"""Versions of things: the ETag of an answer, and requests that hold for one version only (RFC 9110 §13.1)."""

import hashlib
from base64 import urlsafe_b64encode

import msgspec

from idp.api.problem import CHANGED, ApiProblem


def tag_of(body: bytes) -> str:
    """Return the strong ETag of this content, quotes included."""
    return f'"{urlsafe_b64encode(hashlib.sha256(body).digest()[:18]).decode()}"'


def names(header: str, tag: str) -> bool:
    """Return whether the header lists this tag, or any (`*`). A weak tag never matches a strong one."""
    listed = [each.strip() for each in header.split(",")]
    return "*" in listed or tag in listed


def check_match(header: str, current: msgspec.Struct) -> None:
    """Raise `ApiProblem` if `header` (If-Match) is given and names another version than `current`."""
    if header and not names(header, tag_of(msgspec.json.encode(current))):
        raise ApiProblem(CHANGED)
