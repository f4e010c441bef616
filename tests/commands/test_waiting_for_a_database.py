"""`idp db upgrade --wait`: a database that starts beside the provider may be later than it."""

import os
import subprocess
import sys
from base64 import b64encode
from collections.abc import Iterator

import pytest

from idp.settings import HOME
from tests.support.ports import free_port
from tests.support.postgresql import Cluster, find_binaries


@pytest.fixture(scope="module")
def stopped() -> Iterator[Cluster]:
    """A cluster that has a port and does not answer yet."""
    binaries = find_binaries()
    assert binaries is not None, "PostgreSQL is needed: apt-get install postgresql"
    cluster = Cluster(binaries, port=free_port())
    cluster.start()
    cluster.halt()
    yield cluster
    cluster.resume()
    cluster.stop()


def upgrade(cluster: Cluster, *options: str) -> "subprocess.Popen[str]":
    variables = {
        **os.environ,
        "IDP_ENVIRONMENT": "development",
        "IDP_SECRETS": f"test:{b64encode(bytes(32)).decode()}",
        "IDP_DATABASE__URL": cluster.url(),
    }
    command = [sys.executable, "-m", "idp", "db", "upgrade", *options]
    return subprocess.Popen(command, env=variables, cwd=HOME, text=True, stdout=subprocess.PIPE, stderr=subprocess.PIPE)


def test_an_upgrade_waits_for_its_database(stopped: Cluster) -> None:
    with upgrade(stopped, "--wait", "60") as waiting:
        assert waiting.stderr is not None
        assert "waiting for the database" in waiting.stderr.readline()
        stopped.resume()
        said, _ = waiting.communicate(timeout=60)
    stopped.halt()

    assert waiting.returncode == 0
    assert "upgraded from an empty database" in said


@pytest.mark.parametrize("options", [(), ("--wait", "1")], ids=["at once", "after the wait"])
def test_a_database_that_does_not_answer_is_told_in_a_sentence(stopped: Cluster, options: tuple[str, ...]) -> None:
    with upgrade(stopped, *options) as refused:
        _, said = refused.communicate(timeout=60)

    assert refused.returncode == 1
    assert "the database cannot be used: " in said
    assert "Traceback" not in said
