"""Pairwise subjects: one per sector, for ever, also when two sign-ins ask at once."""

from concurrent.futures import ThreadPoolExecutor

import pytest

from idp.clients.client import Client
from idp.database import Database
from idp.grants.subjects import subject_of

pytestmark = pytest.mark.both_databases

PUBLIC = Client(client_id="public", client_name="P")
HERE = Client(client_id="a", client_name="A", subject_type="pairwise", redirect_uris=("https://a.example/cb",))
SAME_HOST = Client(client_id="b", client_name="B", subject_type="pairwise", redirect_uris=("https://a.example/other",))
SECTOR = Client(
    client_id="c",
    client_name="C",
    subject_type="pairwise",
    redirect_uris=("https://c.example/cb", "https://d.example/cb"),
    sector_identifier_uri="https://sector.example/uris.json",
)


def subject(database: Database, person_id: str, client: Client) -> str:
    with database.transaction() as tx:
        return subject_of(tx, person_id, client)


def test_a_public_subject_is_the_person(database: Database) -> None:
    assert subject(database, "p1", PUBLIC) == "p1"


def test_clients_of_one_sector_share_the_subject(database: Database) -> None:
    """OIDC Core §8.1"""
    assert subject(database, "p1", HERE) == subject(database, "p1", SAME_HOST)


def test_sectors_and_persons_are_told_apart(database: Database) -> None:
    """OIDC Core §8: at most 255 ASCII characters, and never another person's"""
    found = {subject(database, person, client) for person in ("p1", "p2") for client in (HERE, SECTOR)}

    assert len(found) == 4
    assert not found & {"p1", "p2"}
    assert all(len(value) <= 255 and value.isascii() for value in found)


def test_parallel_first_sign_ins_get_the_same_subject(database: Database) -> None:
    with ThreadPoolExecutor(8) as threads:
        found = set(threads.map(lambda _: subject(database, "p1", HERE), range(8)))

    assert len(found) == 1
