"""The provider's signing keys: the table behind `keys.ring`, and the parsed keys of this process.

- One key per algorithm signs; the next one is announced in the JWKS before it signs, the last ones stay in it after.
- Private keys are sealed at rest, opened and parsed once per process (28 ms for an RSA key), then only used.
- All processes share the table. Each looks with one cheap query every few seconds whether it changed, and at once
  when a token names a key it does not know.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cached_property, lru_cache
from threading import Lock
from typing import Any

import msgspec
import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from idp import jose, random_values
from idp.clock import Clock
from idp.database import Base, Database, DatabaseUnavailable, Transaction
from idp.jose import CannotVerify, Key, Token
from idp.sealing import Sealer
from idp.settings import Keys
from keys import rotation
from keys.ring import Ring, RingKey, State
from keys.rotation import Announcement, Schedule

PURPOSE = "signing-key"
LOOK_EVERY = 5  # seconds
SOON = timedelta(seconds=2 * LOOK_EVERY)  # every process has looked, also one whose clock is a little ahead
NOTHING: Mapping[str, Key] = {}
REMEMBERED = 512
"""Tokens of which a process knows that their signature holds: those that services ask about again and again."""


class SigningKeyRow(Base):
    """One key. `number` counts per algorithm, so that of two processes making the next key only one succeeds."""

    __tablename__ = "signing_keys"
    __table_args__ = (sa.UniqueConstraint("algorithm", "number"),)

    kid: Mapped[str] = mapped_column(primary_key=True)
    algorithm: Mapped[str]
    number: Mapped[int]
    signs_from: Mapped[datetime]
    made_at: Mapped[datetime]
    private_key: Mapped[str]


# Rows are only ever inserted or deleted, so count and newest kid (a UUIDv7) change whenever the table does.
VERSION = sa.select(sa.func.count(), sa.func.max(SigningKeyRow.kid))
ROWS = sa.select(SigningKeyRow.__table__)


@dataclass(frozen=True)
class PublishedKey:
    """One key of the ring, for `idp keys list` and the desk.

    `until`: when an announced key begins to sign, an active one is to be replaced, a retired one is dropped.
    """

    kid: str
    algorithm: str
    state: State
    signs_from: datetime
    until: datetime


class _UnknownKey(CannotVerify):
    """No key of this snapshot is named in the token."""


class _Snapshot:
    """The table as it was read last, with the latest tokens that verified; any change of a key ends both."""

    def __init__(self, version: tuple[object, ...], ring: Ring, parsed: Mapping[str, Key]) -> None:
        self.version = version
        self.ring = ring
        self.parsed = parsed
        self.verified = lru_cache(REMEMBERED)(self._verify)

    @cached_property
    def keys(self) -> tuple[Key, ...]:
        """Every key, oldest first."""
        return tuple(self.parsed[key.kid] for key in self.ring.keys)

    @cached_property
    def public(self) -> bytes:
        """The public part of every key, encoded once."""
        return msgspec.json.encode({"keys": [key.as_dict(private=False) for key in self.keys]})

    def _verify(self, token: str) -> Token:
        written = jose.unverified(token)
        key = self.parsed.get(str(written.header.get("kid")))
        if key is None:
            raise _UnknownKey("not signed by a key of this provider")
        return jose.verify(written, [key], [str(key.alg)])


class SigningKeys:
    """The ring as this process knows it. Makes the first keys by itself when an algorithm has none."""

    def __init__(self, database: Database, sealer: Sealer, settings: Keys, clock: Clock) -> None:
        self.algorithms = settings.algorithms
        self._database = database
        self._sealer = sealer
        self._clock = clock
        self._schedule = Schedule(
            timedelta(seconds=settings.announce),
            timedelta(seconds=settings.active),
            timedelta(seconds=settings.retire),
        )
        self._lock = Lock()
        self._snapshot: _Snapshot | None = None
        self._looked_at = clock.monotonic() - LOOK_EVERY

    def sign(self, claims: Mapping[str, object], *, algorithm: str, typ: str) -> str:
        """Return a compact JWS by the active key of this algorithm, with its `kid` and this `typ`.

        Raises `KeyError` for an algorithm that is not configured.
        """
        return jose.sign(claims, self.signer(algorithm), algorithm, typ=typ)

    def signer(self, algorithm: str) -> Key:
        """Return the private key that signs now, with its `kid`.

        Raises `KeyError` if the algorithm is not configured.
        """
        if algorithm not in self.algorithms:
            raise KeyError(algorithm)
        snapshot = self._current()
        active = snapshot.ring.active(algorithm, self._clock.now())
        if active is None:
            self.tend()
            snapshot = self._current()
            active = snapshot.ring.of(algorithm)[-1]
        return snapshot.parsed[active.kid]

    def verify(self, token: str) -> Token:
        """Header and claims of a token that this provider signed with a key still in the JWKS, else `CannotVerify`.

        Times, `typ`, issuer and audience are for the caller to check.
        """
        try:
            return self._current().verified(token)
        except _UnknownKey:
            return self._look_again().verified(token)

    def jwks(self) -> bytes:
        """Return the public key set (RFC 7517 §5): all keys but withdrawn ones, with `kid`, `alg` and `use`."""
        return self._complete().public

    def verification_keys(self) -> tuple[Key, ...]:
        """Return the same keys as parsed objects."""
        return self._complete().keys

    def published(self) -> Sequence[PublishedKey]:
        """Return every key with its state, oldest first."""
        now, ring = self._clock.now(), self._current().ring
        return [self._published(key, ring, now) for key in ring.keys]

    def tend(self) -> bool:
        """Announce a successor and drop expired keys where that is due. Return whether something changed.

        Opens its own transaction, because keys are generated outside of it. Any number of processes may call it.
        """
        due = rotation.due(self._look_again().ring, self.algorithms, self._schedule, self._clock.now())
        if due:
            self._change(due.announce, due.drop)
        return bool(due)

    def rotate(self, algorithm: str, *, soon: bool = False) -> PublishedKey:
        """Announce a new key and return it; `soon`: it signs as soon as every process publishes it.

        The old key signs until then, and stays published after. An algorithm without a key has nothing to wait for.
        """
        now = self._clock.now()
        ring = self._look_again().ring
        wait = SOON if soon else self._schedule.announce
        signs_from = now + (wait if ring.active(algorithm, now) else timedelta())
        (kid,) = self._change([rotation.successor(ring, algorithm, signs_from)], ())
        ring = self._current().ring
        return self._published(next(key for key in ring.keys if key.kid == kid), ring, now)

    def withdraw(self, kid: str) -> None:
        """Take a compromised key out of the JWKS immediately; where it was signing, a new one signs from now on.

        Raises `KeyError` for a kid that is not in the ring.
        """
        ring = self._look_again().ring
        key = {key.kid: key for key in ring.keys}[kid]
        signing = ring.state(key, self._clock.now()) == "active"
        self._change([rotation.successor(ring, key.algorithm, self._clock.now())] if signing else [], [kid])

    def _change(self, announce: Sequence[Announcement], drop: Sequence[str]) -> list[str]:
        """Insert and delete rows in one transaction; a conflict means another process did the same before."""
        made = {random_values.new_id(self._clock.now()): announcement for announcement in announce}
        keys = {kid: jose.generate(announcement.algorithm, kid) for kid, announcement in made.items()}
        try:
            with self._database.transaction() as tx:
                tx.session.add_all(self._row(announcement, keys[kid], kid) for kid, announcement in made.items())
                tx.execute(sa.delete(SigningKeyRow).where(SigningKeyRow.kid.in_(drop)))
        except sa.exc.IntegrityError:
            keys = {}
        self._look_again(keys)
        return list(keys)

    def _row(self, announcement: Announcement, key: Key, kid: str) -> SigningKeyRow:
        private = msgspec.json.encode(key.as_dict(private=True))
        return SigningKeyRow(
            kid=kid,
            algorithm=announcement.algorithm,
            number=announcement.number,
            signs_from=announcement.signs_from,
            made_at=self._clock.now(),
            private_key=self._sealer.seal(PURPOSE, private, context=kid),
        )

    def _published(self, key: RingKey, ring: Ring, now: datetime) -> PublishedKey:
        until = rotation.next_change(ring, key, self.algorithms, self._schedule, now)
        return PublishedKey(key.kid, key.algorithm, ring.state(key, now), key.signs_from, until)

    def _complete(self) -> _Snapshot:
        """Return the ring once every algorithm has a key."""
        if any(not self._current().ring.of(algorithm) for algorithm in self.algorithms):
            self.tend()
        return self._current()

    def _current(self) -> _Snapshot:
        if self._snapshot is None or self._clock.monotonic() - self._looked_at >= LOOK_EVERY:
            return self._look_again()
        return self._snapshot

    def _look_again(self, made: Mapping[str, Key] = NOTHING) -> _Snapshot:
        """Return the ring as the table has it; what this process knows already stays in use while the database is away.

        `made`: keys of this process that are new in the table, which need no parsing.
        """
        with self._lock:
            try:
                self._snapshot = self._reread(self._snapshot, made)
            except DatabaseUnavailable:
                if self._snapshot is None:
                    raise
            self._looked_at = self._clock.monotonic()
            return self._snapshot

    def _reread(self, known: _Snapshot | None, made: Mapping[str, Key]) -> _Snapshot:
        """Parses only keys that this process has not seen yet."""
        with self._database.reading() as tx:
            version = tuple(tx.execute(VERSION).one())
            if known is not None and known.version == version:
                return known
            return self._read(tx, version, {**(known.parsed if known else NOTHING), **made})

    def _read(self, tx: Transaction, version: tuple[object, ...], parsed: Mapping[str, Key]) -> _Snapshot:
        rows = tx.execute(ROWS).all()
        ring = Ring(RingKey(row.kid, row.algorithm, row.number, row.signs_from) for row in rows)
        return _Snapshot(version, ring, {row.kid: parsed.get(row.kid) or self._parse(row) for row in rows})

    def _parse(self, row: Any) -> Key:
        return jose.read_key(msgspec.json.decode(self._sealer.open(PURPOSE, row.private_key, context=row.kid)))
