"""Codes are sent as the rules say: when, how often, to whom; and never lie about in clear."""

from datetime import timedelta

import msgspec
import pytest
import sqlalchemy as sa

from idp.audit.log import AuditEvent
from idp.codes import service
from idp.codes.one_time_code import OneTimeCode
from idp.codes.rules import ALPHABETS, RULES, Purpose
from idp.codes.service import Destination, IssuedCode, UnsentCode
from idp.messages.catalogue import CATALOGUE
from idp.messages.outbox import SEALED, OutboxRow
from tests.codes.support import ANNA, PHONE, Codes
from tests.support.clock import MovableClock

pytestmark = pytest.mark.both_databases


def test_a_mail_code_has_six_digits_and_says_until_when(codes: Codes, clock: MovableClock) -> None:
    """A-20"""
    issued = codes.issue()

    assert isinstance(issued, IssuedCode)
    assert issued.expires_at == clock.now() + timedelta(minutes=5)
    assert issued.resend_at == clock.now() + timedelta(seconds=60)
    assert codes.mailbox.last(ANNA.address).code.isdigit()
    assert len(codes.mailbox.last(ANNA.address).code) == 6


def test_a_second_press_of_the_button_sends_nothing(codes: Codes, clock: MovableClock) -> None:
    """X-02"""
    first = codes.issue()
    again = codes.issue()

    assert isinstance(first, IssuedCode)
    assert again == UnsentCode("too_soon", first.resend_at)
    assert len(codes.mailbox.sent()) == 1


def test_an_sms_may_be_sent_again_after_thirty_seconds(codes: Codes, clock: MovableClock) -> None:
    codes.issue(purpose=Purpose.SIGN_IN_SMS, destination=PHONE)
    clock.forward(seconds=29)
    assert isinstance(codes.issue(purpose=Purpose.SIGN_IN_SMS, destination=PHONE), UnsentCode)

    clock.forward(seconds=1)
    assert isinstance(codes.issue(purpose=Purpose.SIGN_IN_SMS, destination=PHONE), IssuedCode)


def test_three_codes_live_and_a_fourth_ends_the_oldest(codes: Codes, clock: MovableClock) -> None:
    sent = codes.issue_often(4, lifetime=600)

    assert [codes.would_accept(code) for code in sent] == [False, True, True, True]


def test_an_address_gets_five_unredeemed_sign_in_codes_an_hour(codes: Codes, clock: MovableClock) -> None:
    begin = clock.now()
    for run in range(5):
        assert isinstance(codes.issue(bound_to=f"run {run}"), IssuedCode)

    refused = codes.issue(bound_to="another run")

    assert refused == UnsentCode("limited", begin + timedelta(hours=1))


def test_and_twenty_a_day(codes: Codes, clock: MovableClock) -> None:
    for run in range(20):
        assert isinstance(codes.issue(bound_to=f"run {run}"), IssuedCode)
        clock.forward(minutes=13)

    assert isinstance(codes.issue(bound_to="another run"), UnsentCode)


def test_a_redeemed_code_gives_its_send_back(codes: Codes) -> None:
    for run in range(8):
        codes.issue(bound_to=f"run {run}")
        codes.redeem(codes.mailbox.last().code, bound_to=f"run {run}")

    assert isinstance(codes.issue(bound_to="another run"), IssuedCode)


def test_recovery_cannot_use_up_the_codes_of_sign_in(codes: Codes) -> None:
    """Three requests a day, and as many codes again from the page of the link."""
    for run in range(6):
        assert isinstance(
            codes.issue(purpose=Purpose.RECOVERY_SMS, bound_to=f"run {run}", destination=PHONE), IssuedCode
        )
    refused = codes.issue(purpose=Purpose.RECOVERY_SMS, bound_to="run 7", destination=PHONE)

    assert isinstance(refused, UnsentCode)
    assert isinstance(codes.issue(purpose=Purpose.SIGN_IN_SMS, destination=PHONE), IssuedCode)


def test_spelling_an_address_otherwise_gives_no_further_codes(codes: Codes) -> None:
    for run in range(5):
        codes.issue(bound_to=f"run {run}")

    shouted = service.Destination("email", ANNA.address.upper())

    assert isinstance(codes.issue(bound_to="another run", destination=shouted), UnsentCode)


def test_one_run_cannot_send_codes_to_the_whole_world(codes: Codes) -> None:
    """P61"""
    answers = [codes.issue(destination=service.Destination("email", f"p{n}@example.ch")) for n in range(16)]

    assert [type(answer) for answer in answers] == [IssuedCode] * 15 + [UnsentCode]


def test_a_refused_send_is_not_counted(codes: Codes, clock: MovableClock) -> None:
    codes.issue()
    for _ in range(30):
        assert isinstance(codes.issue(), UnsentCode)
    clock.forward(seconds=60)

    assert isinstance(codes.issue(), IssuedCode)


def test_another_address_ends_the_codes_of_the_first(codes: Codes) -> None:
    codes.issue()
    first = codes.mailbox.last().code

    codes.issue(destination=service.Destination("email", "other@example.ch"))

    assert not codes.would_accept(first)
    assert codes.would_accept(codes.mailbox.last("other@example.ch").code)


def test_the_message_leaves_with_the_code_and_dies_with_it(codes: Codes, clock: MovableClock) -> None:
    codes.issue()
    clock.forward(minutes=5)

    assert codes.mailbox.sent() == []


def test_an_undelivered_message_gives_the_address_its_quota_back(codes: Codes, clock: MovableClock) -> None:
    """X-27"""
    for run in range(5):
        codes.issue(bound_to=f"run {run}")
    clock.forward(minutes=5)
    codes.mailbox.deliver()

    assert isinstance(codes.issue(bound_to="another run"), IssuedCode)


def test_an_undelivered_message_gives_back_its_own_quota_only(codes: Codes) -> None:
    """X-27: not that of another address, nor of a code that was used"""
    first = [codes.issue(bound_to=f"run {run}") for run in range(5)]
    for run in range(5):
        codes.issue(bound_to=f"other {run}", destination=Destination("email", "bea@example.ch"))
    assert isinstance(first[0], IssuedCode)
    with codes.database.transaction() as tx:
        service.undelivered(tx, first[0].code_id)

    assert isinstance(codes.issue(bound_to="another run"), IssuedCode)
    bea = codes.issue(bound_to="another other", destination=Destination("email", "bea@example.ch"))
    assert isinstance(bea, UnsentCode)


def test_a_code_that_was_used_and_then_bounced_gives_nothing_back_twice(codes: Codes) -> None:
    """X-27"""
    used = codes.issue(bound_to="used")
    typed = codes.mailbox.last().code
    for run in range(4):
        codes.issue(bound_to=f"run {run}")
    codes.redeem(typed, bound_to="used")
    assert isinstance(used, IssuedCode)
    with codes.database.transaction() as tx:
        service.undelivered(tx, used.code_id)

    assert isinstance(codes.issue(bound_to="a fifth"), IssuedCode)
    assert isinstance(codes.issue(bound_to="a sixth"), UnsentCode)


def test_neither_code_nor_address_is_stored_in_clear(codes: Codes) -> None:
    """ASVS 6.5.2"""
    codes.issue(purpose=Purpose.MAIL_LINK_CODE, values={"link": "https://login.example.ch/activation/1"})
    with codes.database.reading() as tx:
        rows = [
            *tx.execute(sa.select(OneTimeCode.__table__)),
            *tx.execute(sa.select(OutboxRow.__table__)),
            *tx.execute(sa.select(AuditEvent.__table__)),
        ]
    code = codes.mailbox.last().code.replace(" ", "")

    stored = " ".join(str(tuple(row)) for row in rows)
    assert code not in stored
    assert ANNA.address not in stored


@pytest.mark.parametrize(
    ("channel", "first", "known", "unknown"),
    [
        ("email", "first@example.ch", ANNA.address, "nobody@example.ch"),
        ("sms", "+41781112233", PHONE.address, "+99912345678901"),
    ],
)
def test_a_decoy_leaves_the_same_traces_and_the_same_answer(
    codes: Codes, channel: service.Channel, first: str, known: str, unknown: str
) -> None:
    """X-13: after the first code of the day, whoever it was for"""
    codes.issue(bound_to="first", destination=service.Destination(channel, first))
    with codes.counting() as real:
        issued = codes.issue(bound_to="real", destination=service.Destination(channel, known))
    with codes.counting() as false:
        decoy = codes.issue(bound_to="false", destination=service.Destination(channel, unknown), decoy=True)

    assert type(issued) is type(decoy) is IssuedCode
    assert real == false
    assert issued.expires_at == decoy.expires_at
    assert codes.row_counts() == {"one_time_codes": 3, "outbox": 3, "audit_events": 3}


def test_a_decoy_is_never_delivered_nor_accepted(codes: Codes) -> None:
    codes.issue(decoy=True)

    assert codes.mailbox.sent() == []
    refusals = {type(codes.redeem(f"{guess:06d}")) for guess in range(5)}
    assert refusals == {service.RefusedCode}


def test_not_even_the_code_that_a_decoy_weighs_is_accepted(codes: Codes) -> None:
    """X-13: it is sealed in the row that is never delivered"""
    issued = codes.issue(decoy=True)
    assert isinstance(issued, IssuedCode)
    with codes.database.reading() as tx:
        row = tx.session.scalars(sa.select(OutboxRow).where(OutboxRow.about == issued.code_id)).one()
        payload = msgspec.msgpack.decode(tx.sealer.open(SEALED, row.payload, context=row.id))

    assert isinstance(codes.redeem(payload["values"]["code"]), service.RefusedCode)


def test_there_is_nothing_to_show_of_a_code_that_was_never_sent(codes: Codes) -> None:
    assert codes.live() is None


def test_a_decoy_is_limited_like_a_code(codes: Codes) -> None:
    for run in range(5):
        codes.issue(bound_to=f"run {run}", decoy=True)

    assert isinstance(codes.issue(bound_to="another run", decoy=True), UnsentCode)


def test_a_portal_may_shorten_but_not_stretch_a_lifetime(codes: Codes, clock: MovableClock) -> None:
    """NIST SP 800-63B-4 §3.1.3.2: at most 10 minutes."""
    short = codes.issue(bound_to="short", lifetime=120)
    long = codes.issue(bound_to="long", lifetime=3600)

    assert isinstance(short, IssuedCode)
    assert isinstance(long, IssuedCode)
    assert short.expires_at == clock.now() + timedelta(minutes=2)
    assert long.expires_at == clock.now() + timedelta(minutes=10)


def test_the_page_can_be_drawn_from_the_live_code(codes: Codes, clock: MovableClock) -> None:
    """X-26"""
    issued = codes.issue()
    clock.forward(seconds=10)

    live = codes.live()

    assert live is not None
    assert isinstance(issued, IssuedCode)
    assert (live.masked, live.expires_at, live.resend_at, live.attempts_left) == (
        "a•••@example.ch",
        issued.expires_at,
        issued.resend_at,
        5,
    )


def test_every_purpose_has_a_message_for_it() -> None:
    for purpose, rules in RULES.items():
        assert rules.template in CATALOGUE, purpose
        assert rules.alphabet in ALPHABETS
