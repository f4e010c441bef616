"""The registry of clients and brands: an immutable snapshot, and the live one that follows the files."""

from collections.abc import Callable, Iterable
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from threading import Lock

import structlog

from idp.clients import files
from idp.clients.brand import Brand, Colours, Fund
from idp.clients.client import Client
from idp.clients.files import Circumstances, Contents, FolderDigests
from idp.clients.problems import FileProblem, InvalidFiles
from idp.clock import Clock
from idp.database import DatabaseUnavailable

log = structlog.get_logger()

Lookup = Callable[[str], Client | None]

NEUTRAL = Brand(
    id="neutral",
    name={"fr": "Connexion", "de": "Anmeldung", "it": "Accesso", "en": "Sign-in"},
    colours=Colours(brand="#33475B"),
)


class Registry:
    """The clients and brands of one moment. It never changes; a reload makes another one."""

    def __init__(
        self,
        clients: Iterable[Client],
        brands: Iterable[Brand] = (),
        *,
        version: str = "",
        read_at: datetime | None = None,
        disabled: frozenset[str] = frozenset(),
        registered: Lookup | None = None,
    ) -> None:
        """`version` and `read_at` say which files these are and when they were read; `disabled` clients are not
        served although a file describes them; `registered` finds clients that have no file."""
        self.version = version
        self.read_at = read_at
        self.disabled = disabled
        self._registered = registered
        self._clients = {client.client_id: client for client in clients}
        self._served = {name: client for name, client in self._clients.items() if name not in disabled}
        self._brands = {brand.id: brand for brand in brands}
        self._funds = {fund.code: (fund, client) for client in self._served.values() for fund in client.funds}

    @property
    def clients(self) -> tuple[Client, ...]:
        """The clients that have a file and are not disabled, by client id."""
        return tuple(self._served.values())

    @property
    def described(self) -> frozenset[str]:
        """The ids of all clients that have a file, disabled or not."""
        return frozenset(self._clients)

    def client(self, client_id: str) -> Client | None:
        """Return the client of this id, whatever text it is; None: unknown or disabled."""
        found = self._served.get(client_id)
        if found is None and self._registered is not None and client_id not in self._clients:
            return self._registered(client_id)
        return found

    def portal(self, client_id: str) -> Client | None:
        """Return the client of this id, unless it registered itself: nothing of ours leads to such a client."""
        found = self.client(client_id)
        return found if found is not None and found.vetted else None

    @property
    def brands(self) -> tuple[Brand, ...]:
        return tuple(self._brands.values())

    def brand(self, brand_id: str) -> Brand | None:
        return self._brands.get(brand_id)

    def brand_of(self, client: Client | None) -> Brand:
        """Return the brand a client wears; the neutral one without a client or for a client without a brand."""
        worn = self._brands.get(client.brand) if client is not None else None
        return worn or self.neutral_brand

    @property
    def neutral_brand(self) -> Brand:
        """For pages that belong to no portal: the folder `neutral`, otherwise plain grey."""
        return self._brands.get(NEUTRAL.id, NEUTRAL)

    def fund(self, code: str) -> Fund | None:
        """Return the fund of this code, in upper or lower case (C-25)."""
        found = self._funds.get(code.upper())
        return found[0] if found else None

    def fund_of(self, client: Client | None, code: str = "") -> Fund | None:
        """Return the fund whose desk serves people at this portal: the one of this code, else the portal's only one."""
        funds = client.funds if client is not None else ()
        named = [fund for fund in funds if fund.code == code.upper()] or funds
        return named[0] if len(named) == 1 else None

    def name_of(self, client_id: str, language: str) -> str:
        """Return what people call the portal of this client; its id where the client is gone."""
        client = self.client(client_id)
        if client is None:
            return client_id
        return self.brand_of(client).name_in(language) if client.brand else client.client_name

    def client_of_fund(self, code: str) -> Client | None:
        """Return the portal whose file lists the fund."""
        found = self._funds.get(code.upper())
        return found[1] if found else None


class LiveRegistry:
    """Follows the files: looks at them at most every `reload` seconds and swaps in a complete new registry.

    A file that is invalid keeps its last good version and shows in `problems`; at the start it is an error.
    `disabled` is asked at the same moments which clients the database says are gone (`reconcile`).
    """

    def __init__(
        self,
        clients: Path,
        brands: Path,
        clock: Clock,
        circumstances: Circumstances,
        *,
        reload: int,
        disabled: Callable[[], frozenset[str]] = frozenset,
        registered: Lookup | None = None,
    ) -> None:
        """Reads the files immediately. Raises `InvalidFiles` with every problem of every file.

        `disabled` is first asked at the first look after the start: at the start no database is needed.
        """
        self._folders = (clients, brands)
        self._circumstances = circumstances
        self._clock = clock
        self._interval = reload
        self._ask_disabled = disabled
        self._registered = registered
        self._lock = Lock()
        self._signature = files.signature(*self._folders)
        self._contents = files.read(*self._folders, circumstances)
        if self._contents.problems:
            raise InvalidFiles(self._contents.problems)
        self._read_at = clock.now()
        self._next_look = clock.monotonic()
        self._registry = self._made(frozenset())

    def current(self) -> Registry:
        """Return the registry of the moment. Cheap: a comparison of times unless a look at the files is due."""
        now = self._clock.monotonic()
        if now >= self._next_look and self._lock.acquire(blocking=False):
            try:
                self._theme()
                self._next_look = now + self._interval
            finally:
                self._lock.release()
        return self._registry

    def adopt(self, registry: Registry) -> None:
        """Serve this registry from now on, until the files change."""
        self._registry = registry

    @property
    def problems(self) -> tuple[FileProblem, ...]:
        """The problems of the files now, for the self-check and the metric."""
        return self._contents.problems

    @property
    def warnings(self) -> tuple[FileProblem, ...]:
        """Allowed values in the files that are worth a second look."""
        return self._contents.warnings

    @property
    def digests(self) -> FolderDigests:
        """The digests of the files as they were last read, broken ones included."""
        return self._contents.digests

    def secret(self, client_id: str) -> str:
        """Return the clear secret that the client's `secret_env` names, or an empty text."""
        return self._contents.secrets.get(client_id, "")

    def variable(self, name: str) -> str:
        """Return the value of an environment variable that a client's file names, or an empty text."""
        return self._circumstances.environ.get(name, "")

    def _theme(self) -> None:
        signature = files.signature(*self._folders)
        disabled = self._disabled()
        if signature != self._signature:
            before = set(self._contents.problems)
            self._contents = self._read()
            self._signature, self._read_at = signature, self._clock.now()
            for problem in self._contents.problems:
                if problem not in before:
                    log.error("client_file_refused", file=problem.file, path=problem.path, reason=problem.message)
            self.adopt(self._made(disabled))
        elif disabled != self._registry.disabled:
            self.adopt(self._made(disabled))

    def _read(self) -> Contents:
        """Return the new contents, each broken file in its last good version.

        All of them if every file is gone at once.
        """
        fresh = files.read(*self._folders, self._circumstances)
        if not fresh.clients and not fresh.problems:
            return replace(self._contents, problems=(FileProblem(str(self._folders[0]), "", "there is no file left"),))
        return fresh.completed_by(self._contents)

    def _disabled(self) -> frozenset[str]:
        try:
            return self._ask_disabled()
        except DatabaseUnavailable:
            return self._registry.disabled

    def _made(self, disabled: frozenset[str]) -> Registry:
        contents = self._contents
        return Registry(
            contents.clients.values(),
            contents.brands.values(),
            version=contents.version,
            read_at=self._read_at,
            disabled=disabled,
            registered=self._registered,
        )
