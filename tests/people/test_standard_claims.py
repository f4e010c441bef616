"""The standard claims of OIDC Core §5.1, by the scopes of §5.4."""

from datetime import date

import pytest

from idp.database import Database
from idp.people import emails, phones, standard_claims
from idp.people.birth_date import PartialDate
from tests.support import people
from tests.support.clock import MovableClock

pytestmark = pytest.mark.both_databases

ALL = frozenset({"profile", "email", "phone", "address"})
FREE = {
    "middle_name": "Marie",
    "nickname": "Annie",
    "preferred_username": "anne",
    "profile": "https://example.ch/anne",
    "picture": "https://example.ch/anne.jpg",
    "website": "https://example.ch",
    "gender": "female",
    "zoneinfo": "Europe/Zurich",
    "address": {"formatted": "Rue du Lac 1\n1000 Lausanne", "country": "CH"},
}


def test_every_standard_claim_can_be_given(database: Database, clock: MovableClock) -> None:
    """oidcc-scope-profile, oidcc-scope-email, oidcc-scope-phone, oidcc-scope-address, oidcc-scope-all"""
    with database.transaction() as tx:
        anne = people.person(tx, phone="+41791234567", birth_date=date(1970, 2, 1), claims=FREE)

    with database.reading() as tx:
        assert standard_claims.of_person(tx, anne.id, ALL) == FREE | {
            "name": "Anne Rochat",
            "given_name": "Anne",
            "family_name": "Rochat",
            "birthdate": "1970-02-01",
            "locale": "fr",
            "updated_at": int(clock.now().timestamp()),
            "email": "anne.rochat@example.ch",
            "email_verified": True,
            "phone_number": "+41791234567",
            "phone_number_verified": True,
        }


@pytest.mark.parametrize(
    ("scope", "names"),
    [
        ("openid", set()),
        ("email", {"email", "email_verified"}),
        ("phone", {"phone_number", "phone_number_verified"}),
        ("address", {"address"}),
        ("profile", {"name", "given_name", "family_name", "locale", "updated_at"}),
    ],
)
def test_a_scope_gives_its_own_claims_and_no_empty_ones(database: Database, scope: str, names: set[str]) -> None:
    with database.transaction() as tx:
        anne = people.person(tx, phone="+41791234567", claims={"address": FREE["address"]})

    with database.reading() as tx:
        assert standard_claims.of_person(tx, anne.id, frozenset({scope})).keys() == names


def test_an_unproved_address_is_not_called_verified(database: Database) -> None:
    with database.transaction() as tx:
        anne = people.person(tx)
        emails.give(tx, anne.id, people.email("new@example.ch"), verified=False)

    with database.reading() as tx:
        claims = standard_claims.of_person(tx, anne.id, ALL)
        assert (claims["email"], claims["email_verified"]) == ("new@example.ch", False)


def test_a_number_proved_by_an_administrator_is_not_called_verified(database: Database) -> None:
    """B-40"""
    with database.transaction() as tx:
        anne = people.person(tx)
        phones.give(tx, anne.id, "+41791234567", verified=True, provisional_for="o1")

    with database.reading() as tx:
        assert standard_claims.of_person(tx, anne.id, ALL)["phone_number_verified"] is False


@pytest.mark.parametrize("scope", ["phone", "address"])
def test_what_is_not_known_has_no_claim_at_all(database: Database, scope: str) -> None:
    """OIDC Core §5.3.2: a claim that is not returned is left out"""
    with database.transaction() as tx:
        anne = people.person(tx)

    with database.reading() as tx:
        assert standard_claims.of_person(tx, anne.id, frozenset({scope})) == {}


def test_an_unknown_person_has_no_claims(database: Database) -> None:
    with database.reading() as tx:
        assert standard_claims.of_person(tx, "nobody", ALL) == {}


@pytest.mark.parametrize("born", [PartialDate(1970), PartialDate(1970, 2)])
def test_of_a_date_that_is_known_in_part_the_year_is_told(database: Database, born: PartialDate) -> None:
    """OIDC Core §5.1: YYYY-MM-DD, or YYYY alone"""
    with database.transaction() as tx:
        anne = people.person(tx, birth_date=born)

    with database.reading() as tx:
        assert standard_claims.of_person(tx, anne.id, ALL)["birthdate"] == "1970"


def test_a_change_of_address_or_number_shows_in_updated_at(database: Database, clock: MovableClock) -> None:
    """A-37"""
    with database.transaction() as tx:
        anne = people.person(tx)
    for change in (
        lambda tx: emails.give(tx, anne.id, people.email("new@example.ch"), verified=True),
        lambda tx: phones.give(tx, anne.id, "+41791234567", verified=True, provisional_for="o1"),
        lambda tx: phones.confirm(tx, anne.id, "+41791234567"),
        lambda tx: phones.remove(tx, anne.id),
    ):
        clock.forward(minutes=1)
        with database.transaction() as tx:
            change(tx)
        with database.reading() as tx:
            updated_at = standard_claims.of_person(tx, anne.id, ALL)["updated_at"]
            assert updated_at == int(clock.now().timestamp())
