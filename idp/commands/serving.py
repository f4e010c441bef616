"""`idp serve` and `idp worker`: the two long-running processes."""

import os
import signal
import sys
from importlib.util import find_spec
from threading import Event
from types import FrameType

import click

from idp.app import worker_of
from idp.commands.context import Context, pass_context, refuse_wrong_clock, reports_errors
from idp.resources import CONFIG
from idp.upkeep import chores, nodes
from idp.upkeep.job_work import JobWork
from idp.upkeep.runner import Upkeep
from idp.web import server_processes

SERVERS = {
    "gunicorn": ["-m", "gunicorn", "-c", str(CONFIG / "gunicorn.conf.py"), "wsgi:app"],
    "granian": [str(CONFIG / "granian.conf.py")],
}


@click.command()
@click.option("--server", type=click.Choice(list(SERVERS)), default="gunicorn", show_default=True)
@pass_context
def serve(context: Context, server: str) -> None:
    """Serve the provider with gunicorn, or with granian where it is installed (docs/operations.md, "Processes").

    Example: `IDP_BIND=127.0.0.1:8000 idp serve --server granian`
    """
    _ = context.settings  # refuse bad settings here, in a sentence, before the server starts
    if find_spec(server) is None:
        raise click.ClickException(f"{server} is not installed: pip install 'vestibule[{server}]'")
    command = [sys.executable, *SERVERS[server]]
    os.execve(sys.executable, command, server_processes.with_huge_pages(os.environ))  # noqa: S606


@click.command()
@click.option("--once", is_flag=True, help="Deliver what is due now, tend to keys and retention, and stop.")
@click.option("--check", is_flag=True, help="Start nothing; fail if no worker of this machine reported itself lately.")
@pass_context
@reports_errors
def worker(context: Context, once: bool, check: bool) -> None:
    """Deliver queued mails, SMS and logout notices; make ordered letters; rotate keys; enforce retention.

    Any number may run at once. Example: `idp worker`
    """
    if check:
        _check(context)
        return
    stop = Event()

    def ask_to_stop(_signal: int, _frame: FrameType | None) -> None:
        stop.set()

    signal.signal(signal.SIGTERM, ask_to_stop)
    signal.signal(signal.SIGINT, ask_to_stop)
    deliver, upkeep = worker_of(context.provider), Upkeep(context.provider, chores.ALL)
    jobs = JobWork(context.provider, stop)
    if once:
        refuse_wrong_clock(context)
        upkeep.run_once()
        jobs.run_once()
        deliver.run_once()
        return
    upkeep.in_background(stop)
    jobs.in_background()
    nodes.in_background(context.provider, "worker", stop)
    deliver.run_forever(stop)


def _check(context: Context) -> None:
    """Refuse where no worker of this machine (or container) is alive: it runs, and wrote to the database lately."""
    with context.provider.database.reading() as tx:
        known = nodes.alive(tx, context.provider.sealer)
    if not any(nodes.is_here(node, "worker") and nodes.runs_here(node) for node in known):
        raise click.ClickException("no worker of this machine reported itself in the last two minutes")
