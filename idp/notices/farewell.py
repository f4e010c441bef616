"""The last mail to a person: their account was erased. It goes to the address that is forgotten with it."""

from collections.abc import Callable
from dataclasses import replace

from idp.database import Transaction
from idp.notices.notice import language_of, tell_address, without_page
from idp.people import emails


def before_erasure(tx: Transaction, person_id: str) -> Callable[[str], None]:
    """Read what the mail needs, and return the function that queues it once the event has its reference.

    Without an address there is nobody to tell.
    """
    address = emails.of_person(tx, person_id)
    occasion = replace(without_page(tx, person_id), language=language_of(tx, person_id))

    def tell_erased(reference: str) -> None:
        if address is not None:
            tell_address(tx, person_id, address.address, "account_erased", occasion, reference=reference)

    return tell_erased
