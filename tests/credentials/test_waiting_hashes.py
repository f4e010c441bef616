"""What waits for its owner is found by itself, so that response times tell nobody who was imported."""

import pytest

from idp.credentials import passwords, waiting_hashes
from idp.credentials.waiting_hashes import WaitingHashes
from idp.database import Database, Origin
from idp.imports import waiting
from idp.imports.customers import Customers
from idp.people import legacy
from idp.people.legacy import LegacyAccount
from idp.provider import Provider
from tests.imports.conftest import SETTINGS, Load, load
from tests.support import people
from tests.support.clock import MovableClock

__all__ = ["load"]

pytestmark = pytest.mark.both_databases

BCRYPT = "$2b$11$NsOxVYRD..LdU/FNMjkQZutlAElf5lTGLJI2WLdYOfPS8V2.cIMkq"
CONTENT = f"number;email;given_name;family_name;hash\n1;claire@example.fr;Claire;Petit;{BCRYPT}\n"


@pytest.fixture
def seen(database: Database, clock: MovableClock) -> WaitingHashes:
    return WaitingHashes(database, clock)


def store(database: Database, stored: str, address: str = "anne@example.ch") -> str:
    with database.transaction() as tx:
        anne = people.person(tx, address)
        passwords.replace(tx, anne.id, stored, floor=0, reason="import")
        return anne.id


def test_an_import_says_what_its_hashes_cost(provider: Provider, load: Load, seen: WaitingHashes) -> None:
    """X-13: and the provider's own hasher knows"""
    load(Customers(provider.hasher, SETTINGS, portal="espace-personnel"), CONTENT)

    assert seen() == {"bcrypt": 11}
    assert provider.hasher.waiting() == {"bcrypt": 11}


def test_the_worker_finds_what_an_older_version_imported(
    database: Database, provider: Provider, seen: WaitingHashes
) -> None:
    """X-13"""
    slow = "imported:pbkdf2_sha256:$pbkdf2-sha256$700$c2FsdHNhbHQ$" + "x" * 42 + "g"
    store(database, f"imported:bcrypt:{BCRYPT}")
    store(database, provider.hasher.hash("geheim"), "beat@example.ch")
    with database.transaction() as tx:
        hashed = legacy.seal_hash(tx, "a1", slow)
        row = LegacyAccount(id="a1", portal="e-services", identifier="CVCI1", key="cvci1", hash=hashed)
        row.scheme, row.imported_at = "pbkdf2_sha256", tx.now
        tx.add(row)

    assert waiting.find(database, Origin()) == 2

    assert seen() == {"bcrypt": 11, "pbkdf2 sha256": 700}


def test_what_everybody_has_replaced_is_forgotten(
    database: Database, provider: Provider, clock: MovableClock, seen: WaitingHashes
) -> None:
    """X-13: afterwards sign-ins are as quick as without an import"""
    anne = store(database, f"imported:bcrypt:{BCRYPT}")
    waiting.find(database, Origin())
    clock.forward(minutes=1)
    with database.transaction() as tx:
        passwords.replace(tx, anne, provider.hasher.hash("geheim"), floor=12, reason="changed")

    waiting.find(database, Origin())

    assert seen() == {}


def test_an_import_of_the_meantime_is_not_forgotten(
    database: Database, clock: MovableClock, seen: WaitingHashes
) -> None:
    with database.transaction() as tx:
        waiting_hashes.note(tx, ["bcrypt=11"])
        waiting_hashes.forget(tx, but=[], noted_before=clock.now())

    assert seen() == {"bcrypt": 11}


def test_a_process_asks_once_a_minute(database: Database, clock: MovableClock, seen: WaitingHashes) -> None:
    assert seen() == {}
    with database.transaction() as tx:
        waiting_hashes.note(tx, ["bcrypt=11", "bcrypt=10", "digest=0"])
    assert seen() == {}

    clock.forward(minutes=1)

    assert seen() == {"bcrypt": 11, "digest": 0}
