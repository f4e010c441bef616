"""Lose the primary database under load: `python -m bench.failover [--seconds 60]`.

Three nodes of the provider push authorization requests into the database, each of which is acknowledged by 201. The
primary is killed. Every acknowledged request must still be known afterwards, and clients see 201, or 503 with
Retry-After, and nothing else. Prints how long no request was taken. Exit status 1 if something was lost.
"""

import argparse
import subprocess
import sys
import tempfile
import time
from base64 import b64encode
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from http.client import HTTPConnection, HTTPException
from itertools import pairwise
from pathlib import Path
from threading import Event, Lock, Thread
from urllib.parse import urlencode

from bench import served
from bench.failover import machines
from idp.settings import HOME
from tests.support.ports import free_port

NODES, WORKERS = 3, 2
CALM = 10.0
PAUSE = 0.1
FORM = {
    "response_type": "code",
    "redirect_uri": "http://127.0.0.1:9/callback",
    "scope": "openid",
    "code_challenge": "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM",
    "code_challenge_method": "S256",
}
HEADERS = {
    "Authorization": "Basic " + b64encode(f"bench:{served.SECRET}".encode()).decode(),
    "Content-Type": "application/x-www-form-urlencoded",
}


@dataclass(frozen=True)
class Answered:
    """An answer, or none: `status` 0. `reference` is what was acknowledged."""

    at: float
    status: int
    retry_after: str
    reference: str

    @property
    def is_allowed(self) -> bool:
        """Return whether clients may see this: it worked, or they are told to try again."""
        return self.status == 201 or (self.status == 503 and bool(self.retry_after))


def call(port: int, method: str, path: str, form: dict[str, str] | None = None) -> tuple[int, dict[str, str], bytes]:
    """Send one request on a connection of its own; status 0 where nothing is answered."""
    connection = HTTPConnection("127.0.0.1", port, timeout=40)
    try:
        connection.request(method, path, urlencode(form) if form else None, HEADERS if form else {})
        answer = connection.getresponse()
        return answer.status, dict(answer.getheaders()), answer.read()
    except (OSError, HTTPException):
        return 0, {}, b""
    finally:
        connection.close()


def push(ports: Sequence[int], stop: Event, ledger: list[Answered], lock: Lock) -> None:
    """Push requests at each node in turn until asked to stop, and note every answer."""
    turn = 0
    while not stop.is_set():
        turn += 1
        status, headers, body = call(ports[turn % len(ports)], "POST", "/par", FORM)
        reference = body.decode().partition('"request_uri":"')[2].partition('"')[0] if status == 201 else ""
        with lock:
            ledger.append(Answered(time.monotonic(), status, headers.get("Retry-After", ""), reference))
        stop.wait(PAUSE)


@contextmanager
def process(variables: dict[str, str], *command: str) -> Iterator[None]:
    with subprocess.Popen([sys.executable, "-m", *command], env=variables, cwd=HOME, stderr=subprocess.DEVNULL) as own:
        try:
            yield
        finally:
            own.terminate()


@contextmanager
def provider(folder: Path, port: int) -> Iterator[list[int]]:
    """Start nodes and workers on this database; give the ports of the nodes."""
    url = f"postgresql+psycopg://postgres@127.0.0.1:{port}/postgres?connect_timeout=3"
    variables = served.environment(folder, url, "http://127.0.0.1") | {"IDP_SERVER__WORKERS": "1"}
    subprocess.run([sys.executable, "-m", "idp", "db", "upgrade"], env=variables, check=True, capture_output=True)
    served.make_people(variables, 1)
    ports = [free_port() for _ in range(NODES)]
    with ExitStack() as started:
        for own in ports:
            started.enter_context(process({**variables, "IDP_BIND": f"127.0.0.1:{own}"}, "idp", "serve"))
        for _ in range(WORKERS):
            started.enter_context(process(variables, "idp", "worker"))
        until = time.monotonic() + machines.PATIENCE
        while not all(call(own, "GET", "/readyz")[0] == 200 for own in ports):
            if time.monotonic() > until:
                raise TimeoutError("the nodes are not ready")
            time.sleep(0.5)
        yield ports


def is_known(ports: Sequence[int], reference: str) -> bool:
    """Return whether a pushed request leads to the login page: an unknown one leads to an error."""
    query = urlencode({"client_id": "bench", "request_uri": reference})
    status, headers, _ = call(ports[0], "GET", f"/authorize?{query}")
    return status in (302, 303) and "/login" in headers.get("Location", "")


def rehearse(seconds: float) -> bool:
    """Print what happened; return whether nothing was lost and nobody saw anything else than patience."""
    ledger: list[Answered] = []
    stop, lock = Event(), Lock()
    with (
        machines.running() as found,
        tempfile.TemporaryDirectory() as folder,
        provider(Path(folder), found.port) as ports,
    ):
        threads = [Thread(target=push, args=(ports[n:] + ports[:n], stop, ledger, lock)) for n in range(NODES)]
        for thread in threads:
            thread.start()
        time.sleep(CALM)
        lost = found.primary
        lost_at = time.monotonic()
        lost.lose()
        time.sleep(seconds)
        stop.set()
        for thread in threads:
            thread.join()
        recent = [each.reference for each in ledger if each.reference and each.at > lost_at - CALM / 2]
        unknown = [reference for reference in recent if not is_known(ports, reference)]
        return report(ledger, lost_at, recent, unknown, f"database{lost.number} → database{found.primary.number}")


def report(ledger: list[Answered], lost_at: float, recent: list[str], unknown: list[str], change: str) -> bool:
    taken = sorted(each.at for each in ledger if each.status == 201)
    first = next((at for at in taken if at > lost_at + 1), None)
    gap = max((later - earlier for earlier, later in pairwise(taken)), default=0.0)
    statuses = Counter(each.status for each in ledger)
    bad = [each for each in ledger if not each.is_allowed]
    print(f"{change}: {len(ledger)} requests, answers {dict(statuses)}")
    print(f"no request was taken for {gap:.1f} s; taken again {first - lost_at if first else -1:.1f} s after the loss")
    print(f"acknowledged around the loss: {len(recent)}, of them unknown afterwards: {len(unknown)}")
    print(f"answers other than 201, or 503 with Retry-After: {Counter(each.status for each in bad) or 'none'}")
    return bool(first) and not unknown and not bad


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m bench.failover", description=__doc__)
    parser.add_argument("--seconds", type=float, default=45, help="how long the load goes on after the loss")
    if absent := machines.missing():
        sys.exit(f"missing: apt-get install patroni etcd-server haproxy ({', '.join(absent)})")
    sys.exit(0 if rehearse(parser.parse_args().seconds) else 1)


if __name__ == "__main__":
    main()
