"""Acts on one person stand in line: each holds the person before it writes, so that no two of them deadlock."""

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from time import sleep

import pytest
import sqlalchemy as sa

from idp.actions import (
    closing,
    disabling,
    emails,
    emergency,
    end_sessions,
    erasure,
    lost_mailbox,
    lost_phones,
    merging,
    passwords,
    phones,
    remove_method,
    unlocking,
)
from idp.actions.actor import Actor
from idp.actions.erasure import OnlyAdministrator
from idp.actions.passwords import HashedPassword
from idp.actions.remove_method import ShutPortals
from idp.credentials import authenticator_apps, recoveries
from idp.credentials import passwords as stored_passwords
from idp.database import Transaction
from idp.notices.notice import Occasion
from idp.organisations import memberships, organisation
from idp.organisations.memberships import Rights
from idp.people import enrolments
from idp.provider import Provider
from tests.support import people

pytestmark = pytest.mark.postgresql

BY = Actor.clerk("anna")
AT = Occasion(client_id="connect-assures", issuer="https://login.example.ch")
OTHER = "+41793334455"
Act = Callable[[Transaction, Provider, str], object]


def own(person_id: str) -> Actor:
    return Actor.person(person_id)


ACTS: dict[str, Act] = {
    "disable": lambda tx, _provider, anne: disabling.disable(tx, anne, by=BY, reason="r"),
    "end-sessions": lambda tx, _provider, anne: end_sessions.end_sessions(tx, anne, by=BY, reason="r"),
    "unlock": lambda tx, _provider, anne: unlocking.unlock(tx, anne, by=BY, reason="r"),
    "require-password": lambda tx, _provider, anne: passwords.require_new_password(tx, anne, AT, by=BY, reason="r"),
    "replace-password": lambda tx, _provider, anne: passwords.replace_password(
        tx, anne, HashedPassword("x", 8), AT, by=own(anne), reason="r"
    ),
    "change-phone": lambda tx, _provider, anne: phones.change_phone(tx, anne, OTHER, AT, by=own(anne)),
    "change-email": lambda tx, _provider, anne: emails.change_email(
        tx, anne, people.email("new@example.ch"), AT, by=own(anne)
    ),
    "remove-method": lambda tx, provider, anne: remove_method.remove_method(
        tx, provider.registry.current(), anne, remove_method.PHONE, by=BY, at=AT, reason="r"
    ),
    "report-misuse": lambda tx, _provider, anne: emergency.report_misuse(
        tx, anne, AT, by=own(anne), reported="new_device", but=""
    ),
    "replace-phone": lambda tx, provider, anne: lost_phones.replace_phone(
        tx, provider.registry.current(), anne, issuer=AT.issuer, by=BY, reason="r", identity="i"
    ),
    "keep-email": lambda tx, _provider, anne: lost_mailbox.keep_email(tx, anne, AT, by=BY, why="desk", reason="r"),
    "keep-account": lambda tx, _provider, anne: closing.keep_account(tx, anne, AT, by=BY, why="desk", reason="r"),
    "changes-wait": lambda tx, _provider, anne: recoveries.lock(tx, anne),
    "erase": lambda tx, _provider, anne: erasure.erase(tx, anne, by=BY, reason="r"),
    "merge": lambda tx, provider, anne: merging.merge(
        tx, provider.registry.current(), anne, people.person(tx, "b@example.ch").id, issuer="", by=BY, reason="r"
    ),
}


@contextmanager
def statements(tx: Transaction) -> Iterator[list[str]]:
    """Note the statements that lock or write, but for those of the trail."""
    noted: list[str] = []

    def note(_connection: object, _cursor: object, statement: str, *_more: object) -> None:
        said = " ".join(statement.split())
        locks = " FOR NO KEY UPDATE" in said or " FOR UPDATE" in said
        if locks or said.startswith(("UPDATE", "DELETE", "INSERT")):
            noted.append(said)

    sa.event.listen(tx.connection, "before_cursor_execute", note)
    yield noted
    sa.event.remove(tx.connection, "before_cursor_execute", note)


@pytest.mark.parametrize("name", ACTS)
def test_an_act_holds_the_person_before_it_writes(name: str, provider: Provider) -> None:
    with provider.database.transaction() as tx:
        anne = people.person(tx, "anne@example.ch", phone="+41791234567").id
        stored_passwords.replace(tx, anne, "hash", floor=8, reason="test")

    with provider.database.transaction() as tx, statements(tx) as noted:
        ACTS[name](tx, provider, anne)

    wrote = [each for each in noted if not each.startswith("INSERT")]
    assert "FROM people" in wrote[0]
    assert wrote[0].endswith("FOR NO KEY UPDATE")


def meanwhile(
    provider: Provider, first: Callable[[Transaction], object], second: Callable[[Transaction], object]
) -> object:
    """Begin the second act while the first one is not stored yet; return what the second one answered."""

    def run() -> object:
        with provider.database.transaction() as tx:
            return second(tx)

    with ThreadPoolExecutor(1) as pool:
        with provider.database.transaction() as tx:
            first(tx)
            answer = pool.submit(run)
            sleep(0.5)
        return answer.result()


def test_of_two_administrators_who_are_erased_at_once_one_stays(provider: Provider) -> None:
    """B-44"""
    with provider.database.transaction() as tx:
        anne, ben = people.person(tx, "anne@example.ch").id, people.person(tx, "ben@example.ch").id
        company = organisation.register(tx, fund="AK01", number="1", name="Firma").id
        for each in (anne, ben):
            memberships.join(tx, company, each, Rights(is_administrator=True))

    answer = meanwhile(
        provider,
        lambda tx: erasure.erase(tx, anne, by=BY, reason="r"),
        lambda tx: erasure.erase(tx, ben, by=BY, reason="r"),
    )

    assert answer == OnlyAdministrator((company,))


def test_of_two_methods_that_their_owner_removes_at_once_the_last_one_stays(provider: Provider) -> None:
    registry = provider.registry.current()
    with provider.database.transaction() as tx:
        anne = people.person(tx, "anne@example.ch").id
        enrolments.enrol(tx, anne, "connect", reason="test")
        apps = [
            authenticator_apps.install(tx, anne, name=name, secret="JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP")
            for name in ("A", "B")
        ]

    def removing(app: str) -> Callable[[Transaction], object]:
        return lambda tx: remove_method.remove_method(tx, registry, anne, app, by=own(anne), at=AT)

    assert meanwhile(provider, removing(apps[0]), removing(apps[1])) == ShutPortals(("connect",))


def test_a_company_is_locked_before_its_members_and_their_accounts(provider: Provider) -> None:
    with provider.database.transaction() as tx:
        anne = people.person(tx, "anne@example.ch").id
        company = organisation.register(tx, fund="AK01", number="1", name="Firma").id
        member = memberships.join(tx, company, anne, Rights()).id

    for act in (
        lambda tx: memberships.deactivate(tx, member, reason="r"),
        lambda tx: erasure.erase(tx, anne, by=BY, reason="r"),
    ):
        with provider.database.transaction() as tx, statements(tx) as noted:
            act(tx)

        assert "FROM organisations" in noted[0]
