"""How many addresses and numbers one letter, former account or person may have codes sent to, in all its runs.

The limit per run (`codes_run`) does not stop a person who begins again and again: with one letter they could have codes
sent to any number of phones.
"""

from flows.engine.flow import Debit
from flows.engine.run import Run
from flows.shared.facts import Facts

LIMIT = "destinations"


def debit(run: Run) -> Debit:
    """Count one more destination, whether it is proved or not."""
    facts = run.known(Facts)
    subject = facts.registration or facts.legacy_account or run.person_id or run.id
    return Debit(LIMIT, (subject,), refunded=False)
