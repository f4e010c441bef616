"""Failures in a row, since the last success: after the hundredth only a known browser or a recovery continues.

NIST SP 800-63B-4 §3.2.2. The page does not say so: a right password gets the same answer as a wrong one. The mailbox
is notified once.
"""

from flows.engine.run import Run
from flows.shared import occasion
from idp.audit.events.sign_in import SignInBlocked
from idp.audit.log import record
from idp.credentials import passwords
from idp.credentials.passwords import StoredPassword
from idp.notices import account

REASON = "too many in a row"


def count(run: Run, person_id: str) -> None:
    """Count a wrong password or code of this person. Without a person the same statement runs."""
    if passwords.count_failure(run.tx, person_id) == passwords.MOST_FAILURES:
        reference = record(run.tx, SignInBlocked(person_id=person_id))
        account.sign_in_blocked(run.tx, person_id, occasion.of_run(run), reference=reference)


def block(current: StoredPassword | None, *, known: bool) -> bool:
    """Return whether a browser may not sign the person in; `known` is one that they signed in in before."""
    return current is not None and current.failures >= passwords.MOST_FAILURES and not known
