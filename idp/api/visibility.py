"""The persons that a program can see: people of its portals, insured persons and companies' people of its funds.

The desk sees them by the same condition (`idp.staff.visibility`), also for as long as an ended enrolment is kept.
Everybody else does not exist for a program, whatever it asks: the answer is the one about an id that was never given.
"""

from idp.api.caller import Caller
from idp.api.problem import NOT_FOUND, ApiProblem
from idp.database import Transaction
from idp.people.person import Person
from idp.staff import visibility
from idp.staff.appointments import Scope


def reach_of(caller: Caller) -> Scope:
    """Return the funds and portals of the program's file."""
    return Scope(frozenset(caller.access.funds), frozenset(caller.access.portals))


def find(tx: Transaction, caller: Caller, person_id: str) -> Person | None:
    """Return the person if the program can see them; the same statement for everybody."""
    return visibility.person(tx, reach_of(caller), person_id)


def get(tx: Transaction, caller: Caller, person_id: str) -> Person:
    """Return the same. Raises `ApiProblem` where `find` returns None."""
    found = find(tx, caller, person_id)
    if found is None:
        raise ApiProblem(NOT_FOUND)
    return found
