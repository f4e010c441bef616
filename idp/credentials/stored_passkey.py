"""The columns of a stored passkey, whoever its owner is."""

from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from idp import random_values


@dataclass(frozen=True, kw_only=True)
class NewPasskey:
    """A credential that an authenticator made and that was verified."""

    credential_id: str
    public_key: str
    sign_count: int
    transports: tuple[str, ...]
    aaguid: str
    multi_device: bool
    backed_up: bool


class StoredPasskey:
    """One credential, as a mixin for the tables of owners. `credential_id` and `public_key` (COSE) are base64url.

    `multi_device`: it may be synchronised, `backed_up`: it is. `aaguid` is what the authenticator says of itself,
    without proof. `name` is the owner's word for it.
    """

    id: Mapped[str] = mapped_column(primary_key=True)
    credential_id: Mapped[str] = mapped_column(unique=True)
    public_key: Mapped[str]
    sign_count: Mapped[int] = mapped_column(sa.BigInteger)
    transports: Mapped[list[str]]
    aaguid: Mapped[str]
    multi_device: Mapped[bool]
    backed_up: Mapped[bool]
    name: Mapped[str]
    added_at: Mapped[datetime]
    last_used_at: Mapped[datetime | None] = mapped_column(default=None)

    def note_use(self, now: datetime, *, sign_count: int, backed_up: bool) -> bool:
        """Keep the highest count of uses; return whether the count went back."""
        stored = self.sign_count
        self.sign_count, self.backed_up, self.last_used_at = max(stored, sign_count), backed_up, now
        return bool(stored or sign_count) and sign_count <= stored


def columns_of(new: NewPasskey, now: datetime, *, name: str) -> dict[str, object]:
    """Return the values of a new row, all but its owner."""
    return {
        "id": random_values.new_id(now),
        "credential_id": new.credential_id,
        "public_key": new.public_key,
        "sign_count": new.sign_count,
        "transports": list(new.transports),
        "aaguid": new.aaguid,
        "multi_device": new.multi_device,
        "backed_up": new.backed_up,
        "name": name,
        "added_at": now,
    }
