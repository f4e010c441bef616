"""The link in a notice by which the reader of the known mailbox stops a migration (A-38).

Sealed and stateless: it names the account, the migration it speaks of and the mailbox it was sent to, and is good for
some weeks. It works once, and dies with that migration: once the desk lets the account migrate again, only the notices
of the new migration can stop it. Opening it shows a page; only the page's button changes anything, so no scanner of
mails stops a migration.
"""

from datetime import datetime, timedelta
from urllib.parse import urlencode

import msgspec

from idp.database import Transaction
from idp.people import legacy
from idp.people.legacy import LegacyAccount
from idp.sealing import CannotOpen

ADDRESS = "/stop-migration"
PARAMETER = "link"
PURPOSE = "stop-migration"
GOOD_FOR = timedelta(days=30)


class ContestedMigration(msgspec.Struct, frozen=True):
    account_id: str
    email_key: str
    until: datetime
    language: str
    times_contested: int = 0


def address(tx: Transaction, issuer: str, account: LegacyAccount, language: str) -> str:
    """Return the whole address for a mail in this language to the address that the directory knows."""
    contested = ContestedMigration(account.id, account.email_key, tx.now + GOOD_FOR, language, account.times_contested)
    sealed = tx.sealer.seal(PURPOSE, msgspec.json.encode(contested))
    return f"{issuer}{ADDRESS}?{urlencode({PARAMETER: sealed})}"


def opened(tx: Transaction, sealed: str) -> tuple[ContestedMigration, LegacyAccount] | None:
    """Return the migration that the link can still stop, or has stopped, if the account still has that mailbox.

    Of several links to one migration each can stop it; afterwards each says that it is stopped.
    """
    try:
        contested = msgspec.json.decode(tx.sealer.open(PURPOSE, sealed), type=ContestedMigration)
    except (CannotOpen, msgspec.DecodeError):
        return None
    account = legacy.by_id(tx, contested.account_id)
    if account is None or contested.until <= tx.now or account.email_key != contested.email_key:
        return None
    since = account.times_contested - contested.times_contested
    return (contested, account) if since == (1 if account.state == legacy.CONTESTED else 0) else None
