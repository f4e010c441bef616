"""Unlocking a person: every identifier that they sign in with is free again."""

from idp.actions.actor import Actor
from idp.actions.unlocking import unlock
from idp.credentials import passwords
from idp.limits import rate_limit
from idp.people import portal_identifiers
from idp.people.portal_identifiers import CUSTOMER, identifier_key
from idp.provider import Provider
from tests.support import people


def test_tries_with_a_customer_number_are_forgotten_too(provider: Provider) -> None:
    with provider.database.transaction() as tx:
        anne = people.person(tx).id
        portal_identifiers.attach(tx, anne, portal="e-services", kind=CUSTOMER, value="CV-4711")
        number = identifier_key("CV-4711")
        while not isinstance(provider.limiter.debit(tx, "password", number), rate_limit.LimitHit):
            pass

        unlock(tx, anne, by=Actor.clerk("anna"), reason="identity checked, case 4713")

        assert not isinstance(provider.limiter.debit(tx, "password", number), rate_limit.LimitHit)


def test_failures_in_a_row_are_forgotten_too(provider: Provider) -> None:
    """NIST SP 800-63B-4 §3.2.2: at a hundred of them only a known browser goes on."""
    with provider.database.transaction() as tx:
        anne = people.person(tx).id
        passwords.replace(tx, anne, "x", floor=12, reason="test")
        for _ in range(100):
            passwords.count_failure(tx, anne)

        unlock(tx, anne, by=Actor.clerk("anna"), reason="identity checked, case 4713")

        assert passwords.count_failure(tx, anne) == 1
