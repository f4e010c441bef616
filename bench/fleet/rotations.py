"""Everything that is rotated in a running installation, in the steps of docs/operations.md.

Each step is a title and what is done; load goes on between two of them for longer than a look at files and keys takes.
"""

import base64
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import partial

from bench import served
from bench.fleet.fleet import Fleet
from bench.fleet.installation import PORTALS

Step = tuple[str, Callable[[], object]]
SECOND_SECRET = "bench-second-0123456789abcdef0123456789"  # noqa: S105
PATIENCE = 180.0
SECOND_KEY = "second:" + base64.b64encode(b"second key of this experiment 32"[:32]).decode()


def every(fleet: Fleet) -> Iterator[Step]:
    """Yield the steps of all rotations, one after the other."""
    yield from signing_keys(fleet)
    yield from client_secrets(fleet)
    yield from client_files(fleet)
    yield from keys_of_the_environment(fleet)


def signing_keys(fleet: Fleet) -> Iterator[Step]:
    """Sign with fresh keys as soon as every process publishes them; then announce others."""
    run = fleet.nodes[0].process.release.run
    yield "signing keys: new ones sign", partial(run, "keys", "rotate", "--now")
    yield "signing keys: others are announced", partial(run, "keys", "rotate")


def client_secrets(fleet: Fleet) -> Iterator[Step]:
    """Accept both secrets, let the portals use the second, accept that one only."""
    yield "client secrets: two are accepted", partial(write_secrets, fleet, served.SECRET, SECOND_SECRET)
    yield "client secrets: portals use the second", partial(use_secret, fleet, SECOND_SECRET)
    yield "client secrets: the first is gone", partial(write_secrets, fleet, SECOND_SECRET)


def client_files(fleet: Fleet) -> Iterator[Step]:
    """Change a file, leave it half-written for a while, add a portal and take it away."""
    installed = fleet.installed
    clients = installed.folder / "clients"
    half = (clients / "mails.toml").read_text(encoding="utf-8")[:200]
    write = partial(installed.write_client, "mails", SECOND_SECRET, title="Renamed")
    yield "client files: one is changed", write
    yield "client files: one is half-written", partial((clients / "mails.toml").write_text, half, encoding="utf-8")
    yield "client files: it is whole again", write
    yield "client files: a portal comes", partial(installed.write_client, "third")
    yield "client files: it goes", (clients / "third.toml").unlink


def keys_of_the_environment(fleet: Fleet) -> Iterator[Step]:
    """Give every process the new key, let each seal under it (two phases), seal anew, and take the old key away."""
    first = fleet.installed.variables["IDP_SECRETS"]
    yield from _everywhere(fleet, "the new key is known", f"{first},{SECOND_KEY}")
    yield from _everywhere(fleet, "the new key comes first", f"{SECOND_KEY},{first}")
    yield "IDP_SECRETS: what is stored is sealed anew", partial(seal_anew, fleet)
    yield from _everywhere(fleet, "the old key is gone", SECOND_KEY)


def _everywhere(fleet: Fleet, title: str, value: str) -> Iterator[Step]:
    yield f"IDP_SECRETS: {title}", partial(fleet.installed.variables.update, IDP_SECRETS=value)
    for node in fleet.nodes:
        yield f"IDP_SECRETS: {title} at {node.process.name}", partial(fleet.restart_node, node)
    for worker in fleet.workers:
        yield f"IDP_SECRETS: {title} at {worker.name}", partial(fleet.restart_worker, worker)


def seal_anew(fleet: Fleet) -> None:
    """Seal again until nothing needs the old key: passwords take the new one as people sign in.

    Raises `AssertionError` if something still needs it after `PATIENCE` seconds.
    """
    until = time.monotonic() + PATIENCE
    while waiting := _under_the_old_key(fleet):
        assert time.monotonic() < until, f"still under the old key: {waiting}"
        time.sleep(2)


def _under_the_old_key(fleet: Fleet) -> list[str]:
    said = fleet.nodes[0].process.release.run("keys", "reseal")
    return [line for line in said.splitlines()[1:] if line.split()[-1] != "0"]


def write_secrets(fleet: Fleet, *secrets: str) -> None:
    for name in PORTALS:
        fleet.installed.write_client(name, *secrets)


def use_secret(fleet: Fleet, secret: str) -> None:
    for person in fleet.people:
        person.target = replace(person.target, secret=secret)
