"""The worker: takes messages from the outbox, queue by queue, and delivers them.

A queue is one kind of delivery in one lane, and has its own threads: a gateway that answers slowly holds up its own
queue and no other. A message is sent at least once: the lease of a worker that dies runs out, and another takes it.
"""

from collections import deque
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timedelta
from threading import Event, Thread
from typing import NamedTuple

import structlog

from idp.audit.events.messages import MessageUndelivered
from idp.audit.log import record
from idp.clock import Clock
from idp.database import Database, Origin, Transaction
from idp.messages import health, queue
from idp.messages.delivery import ChannelDown, Deliver, Delivery, NotNow, TryLater, Undeliverable
from idp.messages.outbox import LANES, Outcome
from idp.messages.queue import LeasedParcel, Queue
from idp.messages.wake import Waker
from idp.settings import Lane, Outbox

log = structlog.get_logger()

ORIGIN = Origin(actor="worker")
LONGEST_RETRY = timedelta(hours=1)
IDLE_WAIT = 1.0
UNKNOWN_KEY = "sealed under a key that this worker does not have"

Undelivered = Callable[[Transaction, str], None]
"""A callback that gets the `about` of a message that failed or expired undelivered."""


class BatchStart(NamedTuple):
    """When a batch was taken, by the database's clock and by the one that measures intervals."""

    now: datetime
    seconds: float

    def later(self, seconds: float) -> datetime:
        """Return the database's time at that moment, wherever this machine's clock was set meanwhile."""
        return self.now + timedelta(seconds=seconds - self.seconds)


def threads(outbox: Outbox) -> int:
    """Return how many threads of one worker may deliver by HTTP at once:

    SMS, logouts, security events and web-hooks have their own in every lane.
    """
    lanes = outbox.lanes
    return 4 * sum(lane.threads for lane in (lanes.codes, lanes.logout, lanes.notices, lanes.bulk))


def share_of_one(outbox: Outbox) -> int:
    """Return how many threads of the lane `logout` may call one portal: one is always left to the others."""
    return max(1, outbox.lanes.logout.threads - 1)


class Worker:
    """Any number of workers, in any number of processes, may serve one outbox.

    `deliveries` by kind: `transports.deliveries(…)` gives `email` and `sms`; others are added, such as
    `"backchannel_logout": delivery.stateless(function)`. `undelivered` is `codes.service.undelivered`.
    """

    def __init__(
        self,
        settings: Outbox,
        clock: Clock,
        database: Database,
        deliveries: Mapping[str, Delivery],
        undelivered: Undelivered,
    ) -> None:
        self._database = database
        self._clock = clock
        self._settings = settings
        self._deliveries = dict(deliveries)
        self._undelivered = undelivered
        self._stop = Event()

    @property
    def queues(self) -> list[Queue]:
        """Every queue this worker serves, in the order of the lanes' priority."""
        return [Queue(lane, kind) for lane in LANES for kind in self._deliveries]

    def run_once(self) -> int:
        """Deliver what is due now, in the order of the lanes, in this thread; how many messages were tried."""
        tried = 0
        for of in self.queues:
            while taken := self._serve_batch(of):
                tried += taken
        return tried

    def run_forever(self, stop: Event) -> None:
        """Deliver until `stop` is set: threads per queue, woken by NOTIFY on PostgreSQL, polling besides.

        At the end every thread finishes the message it is at and gives back the rest.
        """
        self._stop = stop
        waker = Waker(self._database, self._settings.poll, self.queues)
        threads = [Thread(target=waker.watch, args=(stop,), name="outbox watch")]
        for of in self.queues:
            for _ in range(self._lane(of).threads):
                threads.append(Thread(target=self._serve, args=(of, waker.events[of]), name=f"{of.lane} {of.kind}"))
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()

    def _serve(self, of: Queue, wake: Event) -> None:
        while not self._stop.is_set():
            if not wake.wait(IDLE_WAIT):
                continue
            wake.clear()
            try:
                while self._serve_batch(of) and not self._stop.is_set():
                    pass
            except Exception:  # the database is gone, or a bug: neither may end the deliveries
                log.exception("outbox_batch_failed", lane=of.lane, kind=of.kind)
                self._stop.wait(IDLE_WAIT)

    def _serve_batch(self, of: Queue) -> int:
        """Take one batch and deliver it; how many messages were taken."""
        lane = self._lane(of)
        with self._database.transaction(ORIGIN) as tx:
            chosen = queue.choose(tx, of, batch=lane.batch)
            if not chosen or not health.may_try(tx, of.kind):
                return 0
            until = tx.shared.now + timedelta(seconds=lane.lease)
            opened, unopened = queue.take(tx, chosen, until=until)
            for taken in unopened:
                self._leave(tx, of, taken)
            begun = BatchStart(tx.shared.now, self._clock.monotonic())
        self._deliver(of, deque(opened), begun)
        return len(opened)

    def _leave(self, tx: Transaction, of: Queue, taken: LeasedParcel) -> None:
        """Leave it to a worker that has its key, for as long as someone wants it: keys are rotated node by node."""
        log.error("message_cannot_be_opened", kind=of.kind, message=taken.parcel.id, reason=UNKNOWN_KEY)
        if taken.parcel.expires_at > tx.shared.now:
            due_at = tx.shared.now + timedelta(seconds=self._lane(of).retry)
            queue.give_back(tx, [taken], due_at=due_at, fault=UNKNOWN_KEY)
        elif queue.finish(tx, taken, "expired", UNKNOWN_KEY):
            self._bury(tx, taken, "expired", UNKNOWN_KEY)

    def _deliver(self, of: Queue, remaining: deque[LeasedParcel], begun: BatchStart) -> None:
        # Parcels that are not begun within half the lease are given back, so that no other worker sends them as well.
        begin_before = begun.seconds + self._lane(of).lease / 2
        try:
            with self._deliveries[of.kind]() as deliver:
                while remaining and self._clock.monotonic() < begin_before and not self._stop.is_set():
                    try:
                        outcome, fault = self._tried(deliver, remaining[0], begun.later(self._clock.monotonic()))
                    except NotNow as wait:
                        self._give_back([remaining.popleft()], timedelta(seconds=wait.seconds), wait.fault)
                        continue
                    self._settle(of, remaining.popleft(), outcome, fault)
        except ChannelDown as down:
            self._channel_failed(of, remaining.popleft(), str(down), begun.now)
        finally:
            self._give_back(remaining)

    def _tried(self, deliver: Deliver, taken: LeasedParcel, now: datetime) -> tuple[Outcome, str]:
        """Return the outcome and its reason; no outcome means to try again."""
        if taken.parcel.expires_at <= now:
            return "expired", "too late"
        try:
            if not taken.decoy:
                deliver(taken.parcel)
        except Undeliverable as refusal:
            return "dead", str(refusal)
        except TryLater as later:
            fault = str(later)
        except (ChannelDown, NotNow):
            raise
        except Exception as bug:
            log.exception("delivery_failed_unexpectedly", kind=taken.parcel.kind, message=taken.parcel.id)
            fault = type(bug).__name__
        else:
            return "sent", ""
        return "dead" if taken.parcel.attempts >= self._settings.attempts else "", fault

    def _settle(self, of: Queue, taken: LeasedParcel, outcome: Outcome, fault: str) -> None:
        if outcome != "sent":
            parcel = taken.parcel
            log.warning(
                "delivery_failed", kind=of.kind, client=parcel.client_id, reason=fault, attempt=parcel.attempts,
                message=parcel.id,
            )  # fmt: skip
        with self._database.transaction(ORIGIN) as tx:
            if not outcome:
                delay = timedelta(seconds=self._lane(of).retry * 2 ** (taken.parcel.attempts - 1))
                queue.put_off(tx, taken, tx.shared.now + min(delay, LONGEST_RETRY), fault)
            elif not queue.finish(tx, taken, outcome, fault):
                return  # the lease was lost: its new holder decides
            elif outcome != "sent":
                self._bury(tx, taken, outcome, fault)
            elif not taken.decoy:
                health.succeeded(tx, of.kind)

    def _bury(self, tx: Transaction, taken: LeasedParcel, outcome: Outcome, fault: str) -> None:
        parcel = taken.parcel
        event = MessageUndelivered(
            message_id=parcel.id,
            kind=parcel.kind,
            template=taken.template,
            outcome=outcome,
            fault=fault,
            person_id=parcel.person_id,
            client_id=parcel.client_id,
        )
        record(tx, event)
        if taken.about:
            self._undelivered(tx, taken.about)

    def _channel_failed(self, of: Queue, taken: LeasedParcel, fault: str, began: datetime) -> None:
        """Note a failure of the channel, not of the message: its tries do not count, and others go first next time."""
        with self._database.transaction(ORIGIN) as tx:
            health.failed(tx, of.kind, fault, began=began)
            queue.give_back(tx, [taken], due_at=tx.shared.now + timedelta(seconds=self._lane(of).retry))

    def _give_back(self, remaining: Sequence[LeasedParcel], after: timedelta = timedelta(0), fault: str = "") -> None:
        if remaining:
            with self._database.transaction(ORIGIN) as tx:
                queue.give_back(tx, remaining, due_at=tx.shared.now + after, fault=fault)

    def _lane(self, of: Queue) -> Lane:
        lane: Lane = getattr(self._settings.lanes, of.lane)
        return lane
