"""Customers, registers of insured persons, companies."""

import unicodedata
from datetime import date

import pytest

from idp.credentials import passwords
from idp.database import Database
from idp.imports.companies import Companies
from idp.imports.customers import Customers
from idp.imports.insured_persons import InsuredPersons
from idp.organisations import organisation
from idp.people import enrolments, insured, lookup
from idp.people.birth_date import PartialDate
from idp.provider import Provider
from tests.imports.conftest import SETTINGS, Load

pytestmark = pytest.mark.both_databases

PORTAL = "espace-personnel"
CUSTOMERS = "number;email;given_name;family_name;birth_date;phone;hash\n"
CUSTOMER = "0012345;claire@example.fr;Claire;Petit;1980-05-04;+33 6 12 34 56 78;"
MD5 = "098f6bcd4621d373cade4e832627b4f6"  # of « test »


def test_a_customer_signs_in_with_number_and_password_as_before(
    database: Database, provider: Provider, load: Load
) -> None:
    """Rulings: espace-personnel customers exist by import."""
    outcome = load(Customers(provider.hasher, SETTINGS, portal=PORTAL), CUSTOMERS + CUSTOMER + MD5 + "\n")

    assert outcome.counts == (1, 0, 0, 0)
    with database.reading() as tx:
        found = lookup.by_identifier(tx, "0012345", portal=PORTAL).person
        assert found is not None
        assert found.birth_date == date(1980, 5, 4)
        assert enrolments.is_enrolled(tx, found.id, PORTAL)
        stored = passwords.current(tx, found.id)
    assert stored is not None
    assert MD5 not in stored.hash
    assert provider.hasher.verify("test", stored.hash).ok


def test_a_customer_who_is_here_is_left_alone(database: Database, provider: Provider, load: Load) -> None:
    importer = Customers(provider.hasher, SETTINGS, portal=PORTAL)
    load(importer, CUSTOMERS + CUSTOMER + "\n")

    again = load(importer, CUSTOMERS + CUSTOMER.replace("Claire", "Clara") + "\n")

    assert again.counts == (0, 0, 1, 0)
    with database.reading() as tx:
        found = lookup.by_identifier(tx, "0012345", portal=PORTAL).person
        assert found is not None
        assert found.given_name == "Claire"


def test_an_address_of_somebody_else_refuses_the_line(provider: Provider, load: Load) -> None:
    """A-27: one address serves one person."""
    importer = Customers(provider.hasher, SETTINGS, portal=PORTAL)

    outcome = load(importer, CUSTOMERS + CUSTOMER + "\n" + CUSTOMER.replace("0012345", "99") + "\n")

    assert outcome.counts == (1, 0, 0, 1)
    assert outcome.reasons == {3: "email: belongs to somebody else already"}


def test_a_customer_number_that_only_a_dash_tells_from_another_one_is_a_bad_line(
    database: Database, provider: Provider, load: Load
) -> None:
    """D-03: the number is found with and without its dash, so it must be one person's"""
    importer = Customers(provider.hasher, SETTINGS, portal=PORTAL)
    first, second = CUSTOMER.replace("0012345", "CMP-204817"), CUSTOMER.replace("0012345", "CMP2048-17")

    outcome = load(importer, CUSTOMERS + first + "\n" + second.replace("claire@", "clara@") + "\n")

    reason = "number: only dashes or dots tell it from another one of this portal, and signing in ignores these"
    assert (outcome.counts, outcome.reasons) == ((1, 0, 0, 1), {3: reason})
    with database.reading() as tx:
        typed = ("CMP 204817", "CMP204817", "cmp-204817", "CMP.204.817")
        found = [lookup.by_identifier(tx, each, portal=PORTAL).person for each in typed]
    assert [each.given_name if each else "" for each in found] == ["Claire"] * 4


REGISTER = "number;given_name;family_name;birth_date;language;address_1;postal_code;locality;country\n"
ENTRY = "4711;Marie;Zürcher;24/03/1957;de-CH;Chemin des Vignes 12;1009;Pully;CH\n"


def test_a_customer_number_that_only_capitals_tell_from_another_one_is_a_bad_line(
    provider: Provider, load: Load
) -> None:
    importer = Customers(provider.hasher, SETTINGS, portal="espace-personnel")
    rows = "cmp-7;anne@example.ch;Anne;Rochat\nCMP-7;luc@example.ch;Luc;Favre\ncmp-7;anne@example.ch;Anne;Rochat\n"

    outcome = load(importer, "number;email;given_name;family_name\n" + rows)

    reason = "number: only capitals or blanks tell it from another one of this portal, and signing in ignores these"
    assert (outcome.counts, outcome.reasons) == ((1, 0, 1, 1), {3: reason})


def test_a_register_is_sealed_and_opens_again(database: Database, load: Load) -> None:
    load(InsuredPersons(SETTINGS, fund="AK00", home="CH"), REGISTER + ENTRY)

    with database.reading() as tx:
        row = str(tx.connection.exec_driver_sql("SELECT * FROM insured_persons").all())
        found = insured.by_numbers(tx, "AK00", ["4711"])["4711"]
    assert "Zürcher" not in row
    assert "Vignes" not in row
    assert found.language == "de"
    assert found.particulars.address == ("Chemin des Vignes 12", "1009 Pully")
    assert insured.born_on(found, date(1957, 3, 24))
    assert not insured.born_on(found, date(1957, 3, 25))


def test_the_register_may_be_imported_again(database: Database, load: Load) -> None:
    importer = InsuredPersons(SETTINGS, fund="AK00", home="CH")
    load(importer, REGISTER + ENTRY)

    outcome = load(importer, REGISTER + ENTRY.replace("Zürcher", "Zurbriggen"))

    assert outcome.counts == (0, 1, 0, 0)
    with database.reading() as tx:
        assert insured.by_numbers(tx, "AK00", ["4711"])["4711"].particulars.family_name == "Zurbriggen"


def test_a_register_without_birth_date_lets_nobody_pass_the_second_knowledge(database: Database, load: Load) -> None:
    load(InsuredPersons(SETTINGS, fund="AK00", home="CH"), REGISTER + ENTRY.replace("24/03/1957", ""))

    with database.reading() as tx:
        found = insured.by_numbers(tx, "AK00", ["4711"])["4711"]
    assert not insured.born_on(found, None)


def test_an_insured_person_is_attached_once(database: Database, load: Load) -> None:
    load(InsuredPersons(SETTINGS, fund="AK00", home="CH"), REGISTER + ENTRY)
    with database.transaction() as tx:
        found = insured.by_numbers(tx, "AK00", ["4711"])["4711"]

        attached = [insured.attach(tx, found.id, person_id=person) for person in ("anne", "beat")]

    assert attached == [True, False]


def test_companies_are_registered_and_brought_up_to_date(database: Database, load: Load) -> None:
    """B-01"""
    importer = Companies(SETTINGS, fund="AK01", topics=frozenset({"payroll", "contributions"}))
    content = "number;name;topics;address_1;postal_code;locality\n100.1;Rochat SA;payroll;Gare 7;1530;Payerne\n"
    first = load(importer, content)
    second = load(importer, content.replace("Rochat SA", "Rochat & fils SA") + "100.2;X;colours;;;\n")

    assert (first.counts, second.counts) == ((1, 0, 0, 0), (0, 1, 0, 1))
    with database.reading() as tx:
        found = organisation.by_number(tx, "AK01", "100.1")
    assert found is not None
    assert (found.name, found.topics, found.address["locality"]) == ("Rochat & fils SA", ["payroll"], "Payerne")


def test_a_register_written_in_parts_of_letters_is_stored_in_whole_ones(database: Database, load: Load) -> None:
    """NFC, as a name typed in a form"""
    decomposed = unicodedata.normalize("NFD", REGISTER + ENTRY.replace("Chemin", "Chemin privé"))

    load(InsuredPersons(SETTINGS, fund="AK00", home="CH"), decomposed)

    with database.reading() as tx:
        found = insured.by_numbers(tx, "AK00", ["4711"])["4711"].particulars
    assert (found.family_name, found.address[0]) == ("Zürcher", "Chemin privé des Vignes 12")


@pytest.mark.parametrize(("written", "kept"), [("00.00.1957", "1957"), ("1957-03", "1957-03")])
def test_a_date_known_in_part_is_stored_and_is_no_second_knowledge(
    database: Database, load: Load, written: str, kept: str
) -> None:
    """eCH-0044; rulings: who knows the year alone does not know the date"""
    load(InsuredPersons(SETTINGS, fund="AK00", home="CH"), REGISTER + ENTRY.replace("24/03/1957", written))

    with database.reading() as tx:
        found = insured.by_numbers(tx, "AK00", ["4711"])["4711"]
    assert (found.particulars.birth_date, found.particulars.birth_date_in_part) == (None, kept)
    assert not insured.born_on(found, date(1957, 3, 1))
    assert not insured.born_on(found, None)


def test_a_customer_born_in_a_year_has_that_year(database: Database, provider: Provider, load: Load) -> None:
    """eCH-0044"""
    load(Customers(provider.hasher, SETTINGS, portal=PORTAL), CUSTOMERS + CUSTOMER.replace("1980-05-04", "1980") + "\n")

    with database.reading() as tx:
        found = lookup.by_identifier(tx, "0012345", portal=PORTAL).person
        assert found is not None
        assert found.born == PartialDate(1980)


def test_nobody_is_born_in_the_future(provider: Provider, load: Load) -> None:
    content = CUSTOMERS + CUSTOMER.replace("1980-05-04", "2999-01-01") + "\n"

    outcome = load(Customers(provider.hasher, SETTINGS, portal=PORTAL), content)

    assert outcome.reasons == {2: "birth_date: lies in the future"}
