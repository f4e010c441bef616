"""Why a delivery failed, on the page of its findings: ours in the reader's language, those of others quoted."""

import ast
import inspect
import re
from collections.abc import Iterator
from types import ModuleType

import pytest

from flows.desk import fault_words
from idp.database import Transaction
from idp.events import push, webhook_delivery
from idp.messages import absent_clients, email, outbox, sms, worker
from idp.messages.outbox import OutboxRow
from idp.oidc import backchannel_logout
from idp.outbound import deadline, exchange
from idp.provider import Provider
from idp.staff.appointments import Role
from tests.flows.desk.conftest import Desk

RAISED = {
    "Undeliverable", "TryLater", "ChannelDown", "OutboundFailed", "TimeoutError", "again", "later", "waiting_for",
}  # fmt: skip
AUTHORS = (push, webhook_delivery, backchannel_logout, email, sms, deadline, exchange)
NAMED = (
    absent_clients.MISSING, worker.UNKNOWN_KEY, push.GONE, webhook_delivery.GONE, backchannel_logout.GONE, "too late",
)  # fmt: skip
OF_THE_MACHINE = (
    "[Errno 111] Connection refused",
    "[Errno -2] Name or service not known",
    "[Errno 104] Connection reset by peer",
    "SMTPServerDisconnected",
    "ConnectionRefusedError",
    "gaierror",
)


def texts(module: ModuleType) -> Iterator[str]:
    """Yield what a module raises as the reason of a delivery, with 500 for the values in it."""
    for node in ast.walk(ast.parse(inspect.getsource(module))):
        if isinstance(node, ast.Call) and getattr(node.func, "id", "") in RAISED and node.args:
            (reason, *_) = node.args
            if isinstance(reason, ast.Constant) and isinstance(reason.value, str):
                yield reason.value
            elif isinstance(reason, ast.JoinedStr):
                yield "".join(str(part.value) if isinstance(part, ast.Constant) else "500" for part in reason.values)


EVERY = sorted({*NAMED, *OF_THE_MACHINE, *(said for module in AUTHORS for said in texts(module))})


def test_the_reasons_are_found_in_the_code() -> None:
    assert {"not an address", "the client refused the logout token", "HTTP 500", "too slow"} <= set(EVERY)


@pytest.mark.parametrize("reason", EVERY, ids=range(len(EVERY)))
def test_each_reason_of_ours_has_words_in_every_language(provider: Provider, reason: str) -> None:
    found = fault_words.of_delivery(reason)

    assert found.said is not None
    assert len({provider.wording.translator(each)(found.said) for each in ("en", "fr", "de", "it")}) == 4
    assert found.quoted == ("500" if re.search(r": 500$", reason) else "")


def test_what_nobody_here_wrote_is_quoted() -> None:
    found = fault_words.of_delivery("mailbox unknown, ask postmaster")

    assert (found.said, found.quoted) == (None, "mailbox unknown, ask postmaster")


def test_the_error_of_a_receiver_stands_beside_our_sentence(provider: Provider) -> None:
    found = fault_words.of_delivery("the client answered 400: invalid_key")

    assert found.said is not None
    assert (provider.wording.translator("en")(found.said), found.quoted) == ("Answer: HTTP 400.", "invalid_key")


def fail(tx: Transaction, fault: str) -> None:
    outbox.enqueue_call(tx, "backchannel_logout", {}, client_id="connect-assures")
    tx.session.query(OutboxRow).filter_by(kind="backchannel_logout").update({"fault": fault})


@pytest.mark.parametrize(
    ("fault", "said"),
    [
        ("the client answered 503", "Antwort: HTTP 503."),
        ("Kein Anschluss", "Originalmeldung: Kein Anschluss"),
    ],
)
def test_a_german_operator_reads_which_portal_does_not_answer_and_why(
    desk: Desk, provider: Provider, fault: str, said: str
) -> None:
    """X-10"""
    with provider.database.transaction() as tx:
        fail(tx, fault)

    shown = [
        " ".join(each.text.split()) for each in desk.works(Role.OPERATOR, language="de").get("/desk/health").all("li")
    ]

    name = provider.registry.current().name_of("connect-assures", "de")
    start = f"Abmeldungen bei Portalen, {name}: 1 fehlgeschlagen, älteste Zustellung seit dem 16.07.2026 um 14.00 Uhr."
    assert [line for line in shown if line.startswith(start) and said in line]
