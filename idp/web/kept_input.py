"""The input of a form that could not be answered, without secrets, so that the person can send it once more."""

import re

from flask import Request
from werkzeug.exceptions import HTTPException

# Names of fields whose value never leaves the request: passwords, codes of every kind, tokens.
SECRET = re.compile(r"password|passwort|code|token|secret|otp|answer|credential", re.IGNORECASE)


def kept_fields(request: Request) -> list[tuple[str, str]]:
    """Return the typed fields as (name, value), in order; nothing if the body cannot be read."""
    try:
        fields = list(request.form.items(multi=True))
    except HTTPException:
        return []
    return [(name, value) for name, value in fields if not SECRET.search(name)]
