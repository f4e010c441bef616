"""The life of a person, and the address that belongs to them alone."""

from datetime import date

import pytest

from idp.audit.log import AuditEvent
from idp.database import Database, Transaction
from idp.people import accounts, emails, enrolments, legacy, person, phones, portal_identifiers, terms
from idp.people.accounts import NewPerson
from idp.people.birth_date import PartialDate
from idp.people.emails import EmailTaken
from idp.people.legacy import LegacyAccount
from idp.people.person import Person
from tests.support import people
from tests.support.clock import MovableClock
from tests.support.parallel import in_parallel

pytestmark = pytest.mark.both_databases


def event_names(tx: Transaction) -> list[str]:
    return [event.name for event in tx.session.query(AuditEvent).order_by(AuditEvent.id)]


def test_a_person_is_created_with_address_and_phone(database: Database) -> None:
    with database.transaction() as tx:
        created = people.person(tx, "Anne.Rochat@Example.ch", phone="+41791234567", birth_date=date(1970, 2, 1))

    with database.reading() as tx:
        found = person.by_id(tx, created.id)
        address = emails.of_person(tx, created.id)
        phone = phones.of_person(tx, created.id)
        assert found is not None
        assert (found.full_name, found.birth_date, found.state) == ("Anne Rochat", date(1970, 2, 1), "active")
        assert address is not None
        assert (address.address, address.key) == ("Anne.Rochat@example.ch", "anne.rochat@example.ch")
        assert phone is not None
        assert phone.number == "+41791234567"
        assert event_names(tx) == ["PersonCreated", "PhoneChanged"]


def test_an_address_belongs_to_one_person_only(database: Database) -> None:
    """A-06, A-27"""
    with database.transaction() as tx:
        people.person(tx, "anne@example.ch")
        again = NewPerson(email=people.email("ANNE@example.ch"), given_name="B", family_name="C", language="de")

        refused = accounts.create(tx, again, reason="test")

    assert refused == EmailTaken()
    with database.reading() as tx:
        assert tx.session.query(Person).count() == 1
        assert event_names(tx) == ["PersonCreated"]


def test_of_two_who_take_an_address_at_once_one_gets_it(database: Database) -> None:
    """A-06, A-27"""

    def create() -> Person | EmailTaken:
        with database.transaction() as tx:
            new = NewPerson(email=people.email("anne@example.ch"), given_name="A", family_name="R", language="fr")
            return accounts.create(tx, new, reason="test")

    results = in_parallel(*[create] * 4)

    assert results.count(EmailTaken()) == 3
    with database.reading() as tx:
        assert tx.session.query(Person).count() == 1


def test_of_two_who_change_to_an_address_at_once_one_gets_it(database: Database) -> None:
    """A-06, X-17"""
    with database.transaction() as tx:
        ids = [people.person(tx, f"{name}@example.ch").id for name in ("anne", "beat", "carla")]

    def change(person_id: str) -> str:
        with database.transaction() as tx:
            given = emails.give(tx, person_id, people.email("wanted@example.ch"), verified=True)
            return "taken" if isinstance(given, EmailTaken) else "given"

    results = in_parallel(*(lambda person_id=person_id: change(person_id) for person_id in ids))

    assert sorted(results) == ["given", "taken", "taken"]


def test_a_new_address_replaces_the_old_one_and_the_subject_stays(database: Database) -> None:
    """X-17, A-37"""
    with database.transaction() as tx:
        anne = people.person(tx, "old@example.ch")

    with database.transaction() as tx:
        emails.give(tx, anne.id, people.email("new@example.ch"), verified=True)

    with database.transaction() as tx:
        assert emails.owner(tx, people.email("new@example.ch")) == anne.id
        assert emails.owner(tx, people.email("old@example.ch")) == ""
        people.person(tx, "old@example.ch")


def test_a_refused_address_leaves_the_old_one_in_place(database: Database) -> None:
    """X-17"""
    with database.transaction() as tx:
        anne = people.person(tx, "anne@example.ch")
        people.person(tx, "beat@example.ch")

        refused = emails.give(tx, anne.id, people.email("beat@example.ch"), verified=True)

        assert refused == EmailTaken()
        kept = emails.of_person(tx, anne.id)
        assert kept is not None
        assert kept.address == "anne@example.ch"


def test_the_journal_shows_addresses_masked_only(database: Database) -> None:
    """X-21"""
    with database.transaction() as tx:
        anne = people.person(tx, "old@example.ch", phone="+41791234567")
        emails.give(tx, anne.id, people.email("new@example.ch"), verified=True)

    with database.reading() as tx:
        details = str([event.details for event in tx.session.query(AuditEvent)])
        assert "o•••@example.ch" in details
        assert "old@" not in details
        assert "1234567" not in details


def test_a_profile_change_says_what_changed_and_keeps_values_out_of_the_journal(database: Database) -> None:
    with database.transaction() as tx:
        anne = people.person(tx)

        changed = accounts.change_profile(tx, anne.id, {"given_name": "Anna", "language": "fr", "nickname": "Annie"})

    assert changed == ("given_name", "nickname")
    with database.reading() as tx:
        found = person.by_id(tx, anne.id)
        assert found is not None
        assert (found.given_name, found.claims) == ("Anna", {"nickname": "Annie"})
        last = tx.session.query(AuditEvent).filter_by(name="ProfileChanged").one()
        assert last.details == {"changed": ["given_name", "nickname"]}


def test_only_profile_claims_can_be_changed(database: Database) -> None:
    with database.transaction() as tx:
        anne = people.person(tx)

        with pytest.raises(KeyError):
            accounts.change_profile(tx, anne.id, {"state": "disabled"})


def test_a_person_is_disabled_once_and_enabled_once(database: Database, clock: MovableClock) -> None:
    with database.transaction() as tx:
        anne = people.person(tx)

        assert accounts.disable(tx, anne.id, reason="stolen")
        assert not accounts.disable(tx, anne.id, reason="stolen")
        assert not anne.is_active
        assert anne.disabled_at == clock.now()
        assert accounts.enable(tx, anne.id, reason="found")
        assert not accounts.enable(tx, anne.id, reason="found")
        assert anne.is_active
        assert anne.disabled_at is None


def test_an_erased_person_leaves_a_tombstone_without_personal_values(database: Database) -> None:
    with database.transaction() as tx:
        anne = people.person(tx, "anne@example.ch", phone="+41791234567", claims={"nickname": "Annie"})
        portal_identifiers.attach(tx, anne.id, portal="p", kind=portal_identifiers.CUSTOMER, value="4711")
        enrolments.enrol(tx, anne.id, "p", reason="test")
        terms.accept(tx, anne.id, "p", "2026-01", language="fr")

        assert accounts.erase(tx, anne.id, reason="request")
        assert not accounts.erase(tx, anne.id, reason="request")

    with database.transaction() as tx:
        found = person.by_id(tx, anne.id)
        assert found is not None
        assert (found.full_name, found.claims, found.state, found.language) == ("", {}, "erased", "")
        assert emails.of_person(tx, anne.id) is None
        assert phones.of_person(tx, anne.id) is None
        assert portal_identifiers.of_person(tx, anne.id, "p", portal_identifiers.CUSTOMER) == []
        assert terms.has_accepted(tx, anne.id, "p", "2026-01")
        assert not accounts.enable(tx, anne.id, reason="no way back")
        assert people.person(tx, "anne@example.ch").id != anne.id


def test_the_last_sign_in_is_remembered(database: Database, clock: MovableClock) -> None:
    with database.transaction() as tx:
        anne = people.person(tx)
    clock.forward(hours=1)

    with database.transaction() as tx:
        accounts.note_sign_in(tx, anne.id)

    with database.reading() as tx:
        found = person.by_id(tx, anne.id)
        assert found is not None
        assert found.last_sign_in_at == clock.now()


def test_a_sign_in_is_remembered_of_who_signed_in_only(database: Database) -> None:
    with database.transaction() as tx:
        anne, beat = people.person(tx, "anne@example.ch"), people.person(tx, "beat@example.ch")

        accounts.note_sign_in(tx, anne.id)

        tx.session.refresh(beat)
        assert beat.last_sign_in_at is None


def test_an_erased_person_takes_their_legacy_account_along(database: Database) -> None:
    with database.transaction() as tx:
        anne = people.person(tx)
        account = LegacyAccount(id="l1", portal="p", identifier="CVCI00000001", key="cvci00000001", imported_at=tx.now)
        tx.add(account)
        legacy.migrate(tx, "l1", anne.id)

        accounts.erase(tx, anne.id, reason="request")

    with database.reading() as tx:
        assert legacy.by_id(tx, "l1") is None


def test_a_birth_date_known_in_part_is_kept_as_such_until_more_is_known(database: Database) -> None:
    """eCH-0044: datePartiallyKnown"""
    with database.transaction() as tx:
        anne = people.person(tx, birth_date=PartialDate(1957, 3))
        assert (anne.birth_date, anne.birth_date_in_part, anne.born) == (None, "1957-03", PartialDate(1957, 3))

        assert accounts.change_profile(tx, anne.id, {"birth_date": date(1957, 3, 24)}) == ("birth_date",)

        assert (anne.birth_date, anne.birth_date_in_part) == (date(1957, 3, 24), "")


def test_nothing_of_a_birth_date_is_left_of_an_erased_person(database: Database) -> None:
    with database.transaction() as tx:
        anne = people.person(tx, birth_date=PartialDate(1957))

        accounts.erase(tx, anne.id, reason="test")

        assert anne.birth_date_in_part == ""


@pytest.mark.postgresql
def test_an_act_on_a_person_who_was_read_before_sees_the_end_of_the_account(database: Database) -> None:
    """Of two clerks at the same moment the second one has read the person before the first one erases them"""
    with database.transaction() as tx:
        anne = people.person(tx).id

    with database.transaction() as second:
        read_before = person.by_id(second, anne)
        with database.transaction() as first:
            accounts.erase(first, anne, reason="first")
        done = [
            accounts.disable(second, anne, reason="second"),
            accounts.erase(second, anne, reason="second"),
            accounts.change_profile(second, anne, {"given_name": "Anne"}),
        ]

    assert read_before is not None
    assert (read_before.state, done) == ("erased", ["", "", ()])
