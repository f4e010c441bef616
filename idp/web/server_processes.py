"""Shared by the processes of a server, whichever server it is: a folder for metrics, and habits of memory.

Nothing here may import prometheus_client: it reads the variable when it is imported.
"""

import ctypes
import gc
import multiprocessing
import os
import shutil
import tempfile
from collections.abc import Mapping
from contextlib import suppress
from urllib.parse import urlsplit

from idp.settings import Settings

METRICS_FOLDER = "PROMETHEUS_MULTIPROC_DIR"
M_MMAP_THRESHOLD, ONE_MEBIBYTE = -3, 1 << 20
M_ARENA_MAX, ONE_ARENA = -8, 1
TUNABLES = "GLIBC_TUNABLES"
HUGE_PAGES = "glibc.malloc.hugetlb"


def share_metrics() -> None:
    """Have the metrics of all processes meet in the files of a folder, made here unless the operator named one."""
    if METRICS_FOLDER not in os.environ:
        os.environ[METRICS_FOLDER] = tempfile.mkdtemp(prefix=_own_prefix())


def drop_metrics() -> None:
    """Delete the folder that was made for this run."""
    folder = os.environ[METRICS_FOLDER]
    if os.path.basename(folder).startswith(_own_prefix()):
        shutil.rmtree(folder, ignore_errors=True)


def _own_prefix() -> str:
    """Return a name with the number of the first process, by which a configuration finds its folder after SIGHUP."""
    return f"idp-metrics-{os.getpid()}-"


def give_memory_back() -> None:
    """Return the memory of a password hash to the system at once, and share one arena among the threads.

    glibc would learn to keep 19 MiB for each thread that ever hashed, and gives each thread an arena of its own. A C
    library without this function has neither habit.
    """
    with suppress(AttributeError):
        mallopt = ctypes.CDLL(None).mallopt
        mallopt(M_MMAP_THRESHOLD, ONE_MEBIBYTE)
        mallopt(M_ARENA_MAX, ONE_ARENA)


def with_huge_pages(environment: Mapping[str, str]) -> dict[str, str]:
    """Return the environment of a server whose large blocks of memory come in huge pages, where the kernel has them.

    Memory that goes back after each password hash comes anew for the next one: 4,865 small pages cost half as much as
    the hash. glibc reads the variable when a process starts; a value of the operator's stays (`hugetlb=0` for none).
    """
    given = environment.get(TUNABLES, "")
    if HUGE_PAGES in given:
        return dict(environment)
    return {**environment, TUNABLES: ":".join(filter(None, (given, f"{HUGE_PAGES}=1")))}


def number() -> int:
    """Return how many processes serve where the settings leave it to us: one for each core, and never one alone.

    Twice as many took 13 to 62 % more processor time for a request, and each 50 MiB of memory.
    """
    return max(2, multiprocessing.cpu_count())


def keep_imported() -> None:
    """Keep imported objects out of garbage collection: they live as long as the process, and forks share them.

    Memory that only importing needed goes back first, or each process would keep its copy.
    """
    with suppress(AttributeError):  # a C library other than glibc
        ctypes.CDLL(None).malloc_trim(0)
    gc.freeze()
    gc.enable()


def address(settings: Settings) -> str:
    """Return where to listen: `IDP_BIND`, or this machine alone at the port of the issuer."""
    return os.environ.get("IDP_BIND", f"127.0.0.1:{urlsplit(settings.server.issuer).port or 8000}")
