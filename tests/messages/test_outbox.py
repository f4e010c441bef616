"""Messages are queued with the change that causes them, delivered once it is committed, and leave nothing behind."""

from datetime import timedelta

import pytest
import sqlalchemy as sa

from idp.audit.log import AuditEvent
from idp.database import Database
from idp.messages import outbox, queue
from idp.messages.delivery import ChannelDown, NotNow, TryLater, Undeliverable
from idp.messages.outbox import OutboxRow
from idp.messages.worker import Worker
from tests.messages.support import Recorder, enqueue, message
from tests.support.clock import MovableClock
from tests.support.purging import purge

pytestmark = pytest.mark.both_databases


def rows(database: Database) -> list[OutboxRow]:
    with database.reading() as tx:
        return list(tx.session.scalars(sa.select(OutboxRow).order_by(OutboxRow.id)))


def test_a_message_is_delivered_once(database: Database, postman: Worker, email: Recorder) -> None:
    (row_id,) = enqueue(database)

    assert postman.run_once() == 1
    assert postman.run_once() == 0
    assert email.ids == [row_id]


def test_a_message_of_a_change_that_fails_is_never_sent(database: Database, postman: Worker, email: Recorder) -> None:
    with pytest.raises(ZeroDivisionError), database.transaction() as tx:
        outbox.enqueue(tx, message())
        raise ZeroDivisionError

    postman.run_once()

    assert email.parcels == []


def test_payloads_are_sealed_and_blanked_when_sent(database: Database, postman: Worker) -> None:
    """Rulings 21"""
    enqueue(database, message(values={**message().values, "reference": "SECRET"}))

    before = rows(database)[0]
    postman.run_once()
    after = rows(database)[0]

    assert "SECRET" not in before.payload
    assert "anna" not in before.payload + before.masked
    assert (after.payload, after.lease, after.outcome) == ("", "", "sent")


def test_a_message_with_the_same_dedup_key_is_queued_once(database: Database) -> None:
    first, second = enqueue(database, message(dedup_key="k"), message(dedup_key="k"))

    assert first
    assert second == ""
    assert len(rows(database)) == 1


def test_a_message_that_is_too_old_is_not_sent(
    database: Database, postman: Worker, email: Recorder, clock: MovableClock
) -> None:
    enqueue(database, message(expires_at=clock.now() + timedelta(minutes=5)))
    clock.forward(minutes=5)

    postman.run_once()

    assert email.parcels == []
    assert (rows(database)[0].outcome, rows(database)[0].payload) == ("expired", "")


def test_failures_are_tried_again_at_growing_intervals_and_then_given_up(
    database: Database, postman: Worker, email: Recorder, clock: MovableClock
) -> None:
    email.faults = [TryLater("SMTP 451")] * 16
    enqueue(database)
    waits = []
    while not rows(database)[0].outcome:
        assert postman.run_once() == 1
        waits.append((rows(database)[0].due_at - clock.now()).total_seconds())
        clock.set(max(clock.now(), rows(database)[0].due_at))

    assert waits[:9] == [30, 60, 120, 240, 480, 960, 1920, 3600, 3600]
    assert len(waits) == 16
    assert (rows(database)[0].outcome, rows(database)[0].payload) == ("dead", "")
    with database.reading() as tx:
        event = tx.session.scalars(sa.select(AuditEvent)).one()
    assert (event.name, event.details["fault"]) == ("MessageUndelivered", "SMTP 451")


def test_a_recipient_that_may_not_be_asked_now_costs_no_try_and_holds_nobody_up(
    database: Database, clock: MovableClock, postman: Worker, email: Recorder
) -> None:
    """X-27: a portal that is left alone for a while does not use its messages up, nor delay those behind them."""
    email.faults = [NotNow(15), None]
    first, second = enqueue(database, message(), message())

    postman.run_once()
    assert email.ids == [second]
    clock.forward(seconds=15)
    postman.run_once()

    assert email.ids == [second, first]
    assert email.parcels[-1].attempts == 1


def test_a_refused_recipient_is_not_tried_again(database: Database, postman: Worker, email: Recorder) -> None:
    email.faults = [Undeliverable("SMTP 550 5.1.1")]
    enqueue(database)

    postman.run_once()

    assert (rows(database)[0].outcome, rows(database)[0].fault) == ("dead", "SMTP 550 5.1.1")


def test_a_bug_in_a_delivery_delays_its_message_only(database: Database, postman: Worker, email: Recorder) -> None:
    email.faults = [KeyError("bug")]
    _first, second = enqueue(database, message(), message())

    postman.run_once()

    assert email.ids == [second]


def test_codes_go_before_notices_and_notices_before_bulk(database: Database, postman: Worker, email: Recorder) -> None:
    """Rulings 21"""
    bulk, notice, code = enqueue(
        database, message(lane="bulk"), message(lane="notices"), message("sign_in_code", lane="codes")
    )

    postman.run_once()

    assert email.ids == [code, notice, bulk]


def test_one_connection_serves_a_batch(database: Database, postman: Worker, email: Recorder) -> None:
    enqueue(database, *[message() for _ in range(20)])

    postman.run_once()

    assert (len(email.parcels), email.batches) == (20, 1)


def test_a_decoy_is_queued_and_never_delivered(database: Database, postman: Worker, email: Recorder) -> None:
    """X-13"""
    enqueue(database, message(decoy=True))

    postman.run_once()

    assert email.batches <= 1
    assert email.parcels == []
    assert rows(database)[0].outcome == "sent"


def test_a_row_that_cannot_be_opened_waits_and_does_not_stop_the_others(
    database: Database, postman: Worker, email: Recorder, clock: MovableClock
) -> None:
    """Another worker may have its key; one that nobody opens ends with its time"""
    spoilt, good = enqueue(database, message(), message())
    with database.transaction() as tx:
        tx.execute(sa.update(OutboxRow).where(OutboxRow.id == spoilt).values(payload="gone.AAAA"))

    postman.run_once()

    assert email.ids == [good]
    assert (rows(database)[0].outcome, rows(database)[0].attempts, rows(database)[0].lease) == ("", 0, "")
    clock.forward(days=3)
    postman.run_once()
    assert rows(database)[0].outcome == "expired"


def test_who_lost_the_lease_closes_nothing(database: Database, postman: Worker, clock: MovableClock) -> None:
    """A worker that was away too long must not end what another holds now"""
    enqueue(database)
    with database.transaction() as tx:
        (late,), _ = queue.take(tx, [rows(database)[0].id], until=clock.now())
    with database.transaction() as tx:
        (holder,), _ = queue.take(tx, [late.parcel.id], until=clock.now() + timedelta(minutes=1))

    with database.transaction() as tx:
        assert not queue.finish(tx, late, "dead", "too slow")
        queue.put_off(tx, late, clock.now(), "too slow")
        queue.give_back(tx, [late], due_at=clock.now())

    (row,) = rows(database)
    assert (row.lease, row.outcome, row.fault, row.attempts) == (holder.lease, "", "", 2)
    assert row.payload
    with database.transaction() as tx:
        assert queue.finish(tx, holder, "sent")


@pytest.mark.parametrize(
    ("kind", "to"),
    [
        ("sms", "anna@example.ch"),
        ("sms", "0791234567"),
        ("email", "+41791234567"),
        ("email", "anna@example.ch\r\nBcc: all@example.ch"),
        ("email", "a@b, c@d"),
        ("email", ""),
    ],
)
def test_a_recipient_of_another_kind_is_refused(database: Database, kind: str, to: str) -> None:
    template = "sign_in_code"

    with pytest.raises(ValueError, match="recipient"):
        enqueue(database, message(template, kind, to=to))


def test_values_that_the_catalogue_does_not_know_are_refused(database: Database) -> None:
    with pytest.raises(ValueError, match="reference"):
        enqueue(database, message(values={"at": message().values["at"], "link": ""}))
    with pytest.raises(ValueError, match="catalogue"):
        enqueue(database, message(template="sign_in_code", kind="email", lane="codes", values={}))


def test_the_desk_sees_what_became_of_a_message(database: Database, postman: Worker, email: Recorder) -> None:
    """Rulings 18"""
    enqueue(database, message(person_id="p1"), message(person_id="p2"))
    email.faults = [Undeliverable("SMTP 550")]
    postman.run_once()

    with database.reading() as tx:
        (sent,) = outbox.of_person(tx, "p1")

    assert (sent.template, sent.masked, sent.outcome, sent.fault) == (
        "password_changed",
        "a•••@example.ch",
        "dead",
        "SMTP 550",
    )


def test_what_waits_is_counted_by_lane(database: Database, clock: MovableClock) -> None:
    enqueue(database, message(), message(lane="bulk"), message(lane="bulk"))

    with database.reading() as tx:
        backlog = outbox.backlog(tx)

    assert {lane: each.waiting for lane, each in backlog.items()} == {"notices": 1, "bulk": 2}
    assert backlog["bulk"].oldest == clock.now()


def test_what_is_done_is_purged_in_batches(database: Database, postman: Worker, clock: MovableClock) -> None:
    enqueue(database, *[message() for _ in range(5)])
    postman.run_once()
    enqueue(database)
    clock.forward(days=2)

    with database.transaction() as tx:
        assert purge(tx, "messages", batch=3) == 3
        assert purge(tx, "messages", batch=3) == 2
        assert purge(tx, "messages", batch=3) == 0
    assert len(rows(database)) == 1


def test_calls_of_other_kinds_carry_their_payload(database: Database, postman: Worker, email: Recorder) -> None:
    with database.transaction() as tx:
        outbox.enqueue_call(tx, "email", {"session": "s1", "count": 3})

    postman.run_once()

    assert email.parcels[0].payload == {"session": "s1", "count": 3}


def test_a_channel_that_is_down_keeps_its_messages(
    database: Database, postman: Worker, email: Recorder, sms: Recorder, clock: MovableClock
) -> None:
    email.faults = [ChannelDown("ConnectionRefusedError")] * 3
    ids = enqueue(database, *[message() for _ in range(5)])
    enqueue(database, message(kind="sms"))

    postman.run_once()
    assert (email.parcels, len(sms.parcels)) == ([], 1)
    clock.forward(minutes=10)
    postman.run_once()

    assert sorted(email.ids) == sorted(ids)


def test_a_message_for_later_waits_for_its_moment(
    database: Database, postman: Worker, email: Recorder, clock: MovableClock
) -> None:
    (row_id,) = enqueue(database, message(not_before=clock.now() + timedelta(days=5)))

    clock.forward(days=4)
    assert postman.run_once() == 0
    with database.reading() as tx:
        assert outbox.backlog(tx) == {}
    clock.forward(days=1)

    assert postman.run_once() == 1
    assert email.ids == [row_id]


def test_what_is_taken_back_is_never_sent(database: Database, postman: Worker, email: Recorder) -> None:
    _, kept = enqueue(database, message(person_id="p1", about="a1"), message(person_id="p1", about="a2"))

    with database.transaction() as tx:
        outbox.take_back(tx, "p1", ["a1"])
    postman.run_once()

    assert email.ids == [kept]
    assert [row.payload for row in rows(database)] == ["", ""]
