"""Wrap imported fast hashes in Argon2id, a few at a time, until none lies bare.

The hashing is slow and happens between two short transactions. Several workers may do it at once: a hash that another
one wrapped, or that went with a migration meanwhile, is left alone.
"""

from idp.credentials.hasher import Hasher
from idp.database import Database, Origin
from idp.people import legacy

BATCH = 50


def wrap_some(database: Database, hasher: Hasher, origin: Origin, *, limit: int = BATCH) -> int:
    """Wrap at most `limit` hashes; answers how many were still bare. 0: nothing is left to do."""
    with database.reading() as tx:
        bare = [(account.id, account.hash, legacy.open_hash(tx, account)) for account in legacy.unwrapped(tx, limit)]
    wrapped = [(account_id, old, hasher.wrap(stored)) for account_id, old, stored in bare]
    if wrapped:
        with database.transaction(origin) as tx:
            for account_id, old, stored in wrapped:
                legacy.wrap(tx, account_id, old=old, wrapped=stored)
    return len(wrapped)
