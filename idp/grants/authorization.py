"""The authorization of one client by one person, with the sign-in behind it: the source of every token made from it.

It is stored whole, as JSON, with the authorization code and then with the token family, so that no grant copies its
fields by hand and a new field cannot be forgotten on the way.
"""

from datetime import datetime

import msgspec


class Authorization(msgspec.Struct, frozen=True, kw_only=True):
    """One authorization. Times are aware UTC.

    `subject` is what the client knows the person by (`subjects.subject_of`), `sid` the session of the person at that
    client (`client_sessions`), `session_id` the provider's own session, empty when the authorization never had one.
    `auth_time`, `acr` and `amr` are those of the sign-in and never change, not at a refresh either (OIDC Core §12.2).
    `claims` is the decoded `claims` parameter (OIDC Core §5.5); `resources` the allowed resource indicators
    (RFC 8707); `organisation_id` the company the person chose.
    """

    client_id: str
    person_id: str
    subject: str
    scope: tuple[str, ...]
    auth_time: datetime
    acr: str
    amr: tuple[str, ...] = ()
    session_id: str = ""
    sid: str = ""
    nonce: str = ""
    claims: dict[str, dict[str, dict[str, object]]] = {}
    resources: tuple[str, ...] = ()
    organisation_id: str = ""

    @property
    def offline(self) -> bool:
        """Return whether it outlives the session (OIDC Core §11)."""
        return "offline_access" in self.scope


ENCODER = msgspec.json.Encoder()
DECODER = msgspec.json.Decoder(Authorization)


def to_json(authorization: Authorization) -> str:
    return ENCODER.encode(authorization).decode()


def from_json(stored: str) -> Authorization:
    return DECODER.decode(stored)
