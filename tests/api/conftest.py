"""A fund's software, and the people of its fund and of another one."""

from dataclasses import dataclass
from datetime import date

import pytest
from flask import Flask

from idp.organisations import memberships, organisation
from idp.organisations.memberships import Rights
from idp.people import enrolments
from idp.provider import Provider
from tests.support.clock import MovableClock
from tests.support.people import person
from tests.support.programs import Program


@pytest.fixture
def program(app: Flask, clock: MovableClock) -> Program:
    """Bound to the funds AK00 and AK01, and to the portal connect-assures."""
    return Program(app, clock)


@dataclass(frozen=True)
class Neighbours:
    """Ids: Rosa is enrolled at the program's portal, Claire works for a company of its fund; Anne is nobody of its."""

    rosa: str
    claire: str
    anne: str
    company: str


@pytest.fixture
def neighbours(provider: Provider) -> Neighbours:
    with provider.database.transaction() as tx:
        named = {"given_name": "Rosa", "family_name": "Keller", "birth_date": date(1957, 3, 24)}
        rosa = person(tx, "rosa.keller@example.ch", phone="+41793334455", **named)
        claire = person(tx, "claire.favre@example.ch", given_name="Claire", family_name="Favre")
        anne = person(tx, "anne.rochat@example.ch")
        enrolments.enrol(tx, rosa.id, "connect-assures", reason="test")
        enrolments.enrol(tx, rosa.id, "e-services", reason="test")
        enrolments.enrol(tx, anne.id, "e-services", reason="test")
        company = organisation.register(tx, fund="AK01", number="10042", name="Menuiserie Favre SA")
        memberships.join(tx, company.id, claire.id, Rights(is_administrator=True))
        return Neighbours(rosa.id, claire.id, anne.id, company.id)
