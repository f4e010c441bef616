"""Notices speak the language of their receiver, and go to old and new address."""

from idp.database import Database
from idp.messages.recipient import masked
from idp.notices import account
from idp.notices.notice import Occasion, tell
from idp.people.phones import PhoneGiven
from tests.support import people
from tests.support.queued import languages, queued

AT = Occasion(client_id="e-services", issuer="https://login.example.ch", language="en", reference="8F3K-22QX")


def test_the_owner_hears_of_tries_in_their_own_language_not_in_that_of_who_tries(database: Database) -> None:
    """X-14"""
    with database.transaction() as tx:
        anne = people.person(tx, language="fr")

        account.sign_in_delayed(tx, anne, AT, until=tx.now, reference="8F3K-22QX", about="anne")

        assert languages(tx) == [("sign_in_delayed", "fr")]


def test_a_receiver_who_never_chose_a_language_hears_that_of_the_page(database: Database) -> None:
    with database.transaction() as tx:
        anne = people.person(tx, language="").id

        account.password_changed(tx, anne, AT, reference="8F3K-22QX")

        assert languages(tx) == [("password_changed", "en")]


def test_old_and_new_address_are_told_and_one_address_once(database: Database) -> None:
    with database.transaction() as tx:
        anne = people.person(tx, "new@example.ch").id

        both = ("old@example.ch", "new@example.ch")
        more = {
            "email": "n•••@example.ch",
            "undo": False,
            "until": tx.now,
            "link": "https://login.example.ch/undo",
        }
        tell(tx, anne, "email_changed", AT, addresses=both, **more)

        assert [row.masked for row in queued(tx)] == ["n•••@example.ch", "o•••@example.ch"]


def test_a_number_is_masked_the_same_way_everywhere(database: Database) -> None:
    with database.transaction() as tx:
        anne = people.person(tx, phone="+41791234567").id

        change = PhoneGiven(old="+41791234567", reference="8F3K-22QX")
        account.phone_changed(tx, anne, AT, change, new="+41797654321")

        sms = queued(tx)[-1]
        assert (sms.kind, sms.masked) == ("sms", "+41 79 ••• •• 67")


def test_the_number_of_a_decoy_is_masked_like_any_other() -> None:
    assert masked("+99912345678901") == "+999 •••••••••01"
