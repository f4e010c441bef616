"""A program that reads figures, as the desk's overview does: a replica answers, or the primary in its place.

A figure grows at the primary meanwhile. Every figure that was acknowledged must be in the last answer, and a replica
must have answered both before the loss and after it: otherwise nothing was rehearsed.
"""

import json
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import suppress
from threading import Event

import sqlalchemy as sa

from bench.failover.load import PAUSE, call
from bench.failover.machines import Machine, Machines
from bench.fleet.installation import PORTALS, Installation
from idp import jose, random_values
from idp.api.rights import STATISTICS_READ
from idp.database import Database, DatabaseUnavailable
from idp.statistics import figures
from idp.statistics.figures import FigureKey, Measure

PROGRAM = "figures"
KEY = jose.generate("ES256", "figures")
PORTAL = next(iter(PORTALS))
READ = "/api/v1/statistics?span=hour&measure=sign-ins"
FOLLOWS_WITHIN = 30.0  # seconds
SCANS = sa.text("SELECT coalesce(sum(seq_scan + idx_scan), 0) FROM pg_stat_user_tables WHERE relname = 'figures'")
IS_REPLICA = sa.text("SELECT pg_is_in_recovery()")
FILE = """
client_id = "{name}"
client_name = "Figures"
grant_types = ["client_credentials"]
response_types = []
scope = "{scope}"
token_endpoint_auth_method = "private_key_jwt"
jwks = {{ keys = [{{ {key} }}] }}
api = {{ portals = ["{portal}"] }}
[policy]
entry = "anyone"
access_token_format = "jwt"
"""


def describe(installed: Installation) -> None:
    """Write the file of the program among those of the portals."""
    key = ", ".join(f'{name} = "{value}"' for name, value in KEY.as_dict(private=False).items())
    text = FILE.format(name=PROGRAM, scope=STATISTICS_READ, key=key, portal=PORTAL)
    (installed.folder / "clients" / f"{PROGRAM}.toml").write_text(text, encoding="utf-8")


class Figures:
    """Lets a figure grow through `database`, reads it at `port`, and remembers what it was told."""

    def __init__(self, database: Database, port: int, issuer: str) -> None:
        self._database, self._port = database, port
        self._hour = database.clock.now().replace(minute=0, second=0, microsecond=0)
        self._token = self._take_token(issuer)
        self.acknowledged = 0
        self.answers: Counter[int] = Counter()
        self.bad: Counter[str] = Counter()
        """Answers that nobody should have got."""
        self.by_replicas: list[int] = []
        """How often replicas looked, before the loss and after it."""
        self._scans: dict[int, int] = {}

    def grow_and_read(self, stop: Event) -> None:
        """Add to the figure and read it until asked to stop."""
        while not stop.is_set():
            with suppress(DatabaseUnavailable):
                self._grow()
                self.acknowledged += 1
            self.read()
            stop.wait(PAUSE)

    def read(self) -> int:
        """Return the figure; -1 where none is told."""
        status, headers, body = call(self._port, "GET", READ, headers={"Authorization": f"Bearer {self._token}"})
        self.answers[status] += 1
        if status != 200:
            if status != 503 or "Retry-After" not in headers:
                self.bad[f"{status} {body[:120].decode(errors='replace')}"] += 1
            return -1
        return sum(each["count"] for each in json.loads(body)["items"] if each["label"] == PROGRAM)

    def note_replicas(self, machines: Machines) -> None:
        """Keep how often those that are replicas now looked at figures since they were asked last."""
        found = {each.number: _scans(found_at) for each in machines.all if (found_at := _replica(machines, each))}
        self.by_replicas.append(sum(count - self._scans.get(number, 0) for number, count in found.items()))
        self._scans = found

    def faults(self) -> list[str]:
        """Return what is wrong, once everything has settled."""
        until = time.monotonic() + FOLLOWS_WITHIN
        while (last := self.read()) < self.acknowledged and time.monotonic() < until:
            time.sleep(0.5)
        return list(differences(self.acknowledged, last, self.bad, self.by_replicas))

    def told(self) -> str:
        before, after = self.by_replicas
        return (
            f"{self.acknowledged} figures acknowledged, {self.answers.total()} answers {dict(self.answers)}; replicas "
            f"looked {before} times before the loss and {after} times after it\n"
        )

    def _grow(self) -> None:
        with self._database.transaction() as tx:
            key = FigureKey("hour", self._hour, PORTAL, "", Measure.SIGN_INS, PROGRAM)
            figures.add(tx, [(key, 1, 0.0)])

    def _take_token(self, issuer: str) -> str:
        now = int(self._database.clock.now().timestamp())
        claims = {"iss": PROGRAM, "sub": PROGRAM, "aud": issuer, "exp": now + 60, "iat": now}
        signed = jose.sign({**claims, "jti": random_values.token(16)}, KEY, "ES256", typ="JWT")
        form = {
            "grant_type": "client_credentials",
            "client_assertion_type": "urn:ietf:params:oauth:client-assertion-type:jwt-bearer",
            "client_assertion": signed,
        }
        status, _, body = call(self._port, "POST", "/token", form, headers={})
        assert status == 200, body
        return str(json.loads(body)["access_token"])


def differences(acknowledged: int, last: int, bad: Counter[str], by_replicas: list[int]) -> Iterator[str]:
    """Yield a sentence for each thing that is not as promised."""
    if last < acknowledged:
        yield f"{acknowledged} figures were acknowledged, {last} are told"
    if bad:
        yield f"figures were answered by {dict(bad)}"
    if min(by_replicas) <= 0:
        yield f"replicas looked {by_replicas} times, before the loss and after it"


def _replica(machines: Machines, machine: Machine) -> sa.Engine | None:
    """Return the machine's database if it is a replica now."""
    engine = sa.create_engine(machines.url(machine.database), poolclass=sa.NullPool)
    with suppress(sa.exc.OperationalError), engine.connect() as connection:
        return engine if connection.scalar(IS_REPLICA) else None
    return None


def _scans(engine: sa.Engine) -> int:
    with engine.connect() as connection:
        return int(connection.scalar(SCANS) or 0)
