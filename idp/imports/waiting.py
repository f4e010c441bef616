"""Find which imported hashes wait for their owners, in the rows themselves.

Imports note what they bring; this finds what an older version brought, and forgets what everybody has replaced.
"""

import sqlalchemy as sa

from idp.credentials import imported_hashes, waiting_hashes
from idp.credentials.hasher import WRAPPED
from idp.database import Database, Origin, Transaction
from idp.people import legacy
from idp.people.legacy import LegacyAccount

SAMPLE = 500
IMPORTED = (f"{imported_hashes.PREFIX}:", f"{WRAPPED}:")


def find(database: Database, origin: Origin) -> int:
    """Bring the table of waiting hashes up to date; answers how many kinds wait."""
    with database.reading() as tx:
        began = tx.now
        unknown = _without_effort(tx)
        found = set(waiting_hashes.of_people(tx)) | legacy.waiting_efforts(tx) | set(unknown.values())
    with database.transaction(origin) as tx:
        for account_id, effort in unknown.items():
            tx.session.execute(sa.update(LegacyAccount).where(LegacyAccount.id == account_id).values(effort=effort))
        waiting_hashes.note(tx, found)
        waiting_hashes.forget(tx, but=found, noted_before=began)
    return len(found)


def _without_effort(tx: Transaction) -> dict[str, str]:
    """By account, some of those that an older version imported; the others follow at the next time."""
    stored = {account.id: legacy.open_hash(tx, account) for account in legacy.without_effort(tx, SAMPLE)}
    return {
        account_id: waiting_hashes.written(waiting_hashes.effort_of(hashed))
        for account_id, hashed in stored.items()
        if hashed.startswith(IMPORTED)
    }
