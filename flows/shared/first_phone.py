"""The rule for a person's first phone: a new factor rests on more than one proof.

The password alone is not enough, or it would count for both steps of people without a phone. A password that was
recovered by the mailbox alone is no proof beside the mailbox: then it takes the letter (NIST SP 800-63B-4 §4.2.2.2).
"""

from flows.engine.run import Run
from flows.shared.facts import Facts
from idp.credentials import passwords
from idp.invitations import redemption
from idp.invitations.redemption import UsableCode
from idp.invitations.registration_code import Channel
from idp.organisations import entry
from idp.people import person, phone_replacements


def may_be_named(run: Run, person_id: str) -> bool:
    """Return whether enough is proved, beside the password, to name a first phone.

    That is the letter; the mailbox, proved in this run; or a first sign-in, at a portal of theirs.

    If the desk opened the replacement of a phone, its identity check and the waiting time count with the mailbox.
    """
    if came_by_letter(run):
        return True
    if phone_replacements.is_open(run.tx, person_id):
        return run.known(Facts).mailbox_proved
    if rests_on_mailbox(run, person_id):
        return False
    return run.known(Facts).mailbox_proved or _is_first_sign_in(run, person_id)


def waits_for_mailbox(run: Run, person_id: str) -> bool:
    """Return whether the replacement of the person's phone is open, and only the mailbox is still to be proved."""
    if run.known(Facts).mailbox_proved or came_by_letter(run):
        return False
    return phone_replacements.is_open(run.tx, person_id)


def rests_on_mailbox(run: Run, person_id: str) -> bool:
    """Return whether the password is worth no more than the mailbox it was recovered by."""
    current = passwords.current(run.tx, person_id)
    return current is not None and current.by_mailbox_alone


def came_by_letter(run: Run) -> bool:
    """Return whether the code of a letter was typed in this run."""
    if not run.known(Facts).registration:
        return False
    found = redemption.by_id(run.tx, run.known(Facts).registration, client_id=run.client.client_id)
    return isinstance(found, UsableCode) and found.code.channel == Channel.LETTER


def _is_first_sign_in(run: Run, person_id: str) -> bool:
    """Return whether the person never signed in anywhere, and this portal is one of theirs."""
    found = person.by_id(run.tx, person_id)
    return found is not None and found.last_sign_in_at is None and entry.lets_in(run.tx, person_id, run.client)
