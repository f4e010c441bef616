"""Identifiers that portals gave: attached to one person, found however they are typed."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from idp.audit.log import AuditEvent
from idp.database import Database
from idp.people import portal_identifiers
from idp.people.portal_identifiers import CUSTOMER, LEGACY, IdentifierTaken, identifier_key
from tests.support import people
from tests.support.parallel import in_parallel

pytestmark = pytest.mark.both_databases


@pytest.mark.parametrize(
    "typed", ["CVCI00000001", "cvci00000001", " CVCI 0000 0001 ", "ＣＶＣＩ00000001", "CVCI\u200b00000001"]
)
def test_an_identifier_is_recognised_however_it_is_typed(typed: str) -> None:
    assert identifier_key(typed) == "cvci00000001"


@pytest.mark.parametrize(
    "typed", ["CMP-204817", "CMP 204817", "CMP204817", "cmp-204817", "CMP.204.817", "CMP – 204817", "CMP\u2011204817"]
)
def test_blanks_dashes_and_dots_do_not_tell_identifiers_apart(typed: str) -> None:
    """A-02, D-03"""
    assert identifier_key(typed) == "cmp204817"


@pytest.mark.parametrize("typed", ["", " ", "-", " . – ", "\x00", "\ud800", "x" * 201, "9" * 100_000])
def test_what_cannot_be_an_identifier_has_no_key(typed: str) -> None:
    assert identifier_key(typed) == ""


@given(st.text(alphabet=st.characters(exclude_categories=()), max_size=250))
def test_keys_are_stable_and_storable(typed: str) -> None:
    key = identifier_key(typed)

    assert identifier_key(key) == key
    assert "\x00" not in key
    key.encode()


def test_several_identifiers_belong_to_one_person(database: Database) -> None:
    """A-28, A-37"""
    with database.transaction() as tx:
        anne = people.person(tx)
        for value in ("CVCI00000001", "CVCI00000002"):
            assert portal_identifiers.attach(tx, anne.id, portal="e", kind=LEGACY, value=value) is None

    with database.reading() as tx:
        assert portal_identifiers.of_person(tx, anne.id, "e", LEGACY) == ["CVCI00000001", "CVCI00000002"]
        assert portal_identifiers.of_person(tx, anne.id, "other", LEGACY) == []
        assert portal_identifiers.of_person(tx, anne.id, "e", CUSTOMER) == []


def test_attaching_ones_own_identifier_again_changes_nothing(database: Database) -> None:
    """A-21"""
    with database.transaction() as tx:
        anne = people.person(tx)
        for _ in range(2):
            assert portal_identifiers.attach(tx, anne.id, portal="e", kind=LEGACY, value="CVCI00000001") is None

    with database.reading() as tx:
        assert tx.session.query(AuditEvent).filter_by(name="IdentifierAttached").count() == 1


def test_an_identifier_that_two_persons_want_at_once_goes_to_one(database: Database) -> None:
    """A-32"""
    with database.transaction() as tx:
        ids = [people.person(tx, f"{name}@example.ch").id for name in ("anne", "beat", "carla")]

    def attach(person_id: str) -> IdentifierTaken | None:
        with database.transaction() as tx:
            return portal_identifiers.attach(tx, person_id, portal="e", kind=LEGACY, value="CVCI00000001")

    results = in_parallel(*(lambda person_id=person_id: attach(person_id) for person_id in ids))

    assert sorted(results, key=str) == [IdentifierTaken(), IdentifierTaken(), None]


def test_the_same_number_at_two_portals_is_two_identifiers(database: Database) -> None:
    with database.transaction() as tx:
        anne, beat = people.person(tx, "anne@example.ch"), people.person(tx, "beat@example.ch")

        assert portal_identifiers.attach(tx, anne.id, portal="a", kind=CUSTOMER, value="4711") is None
        assert portal_identifiers.attach(tx, beat.id, portal="b", kind=CUSTOMER, value="4711") is None


def test_an_identifier_without_a_visible_character_is_a_bug(database: Database) -> None:
    with database.transaction() as tx:
        anne = people.person(tx)

        with pytest.raises(ValueError, match="visible"):
            portal_identifiers.attach(tx, anne.id, portal="a", kind=CUSTOMER, value=" \u200b")


def test_an_identifier_is_taken_away_once_and_from_its_owner_only(database: Database) -> None:
    """A-38"""
    with database.transaction() as tx:
        anne, beat = people.person(tx, "anne@example.ch"), people.person(tx, "beat@example.ch")
        portal_identifiers.attach(tx, anne.id, portal="e", kind=CUSTOMER, value="4711")
        mine = {"portal": "e", "kind": CUSTOMER, "key": "4711"}

        assert not portal_identifiers.detach(tx, beat.id, **mine)
        assert portal_identifiers.owner(tx, **mine) == anne.id
        assert portal_identifiers.detach(tx, anne.id, **mine)
        assert not portal_identifiers.detach(tx, anne.id, **mine)

        assert portal_identifiers.owner(tx, **mine) == ""
        assert tx.session.query(AuditEvent).filter_by(name="IdentifierDetached").count() == 1
