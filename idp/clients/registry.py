"""The registry of clients and brands: an immutable snapshot, and the live one that follows the files."""

from collections.abc import Callable, Iterable, Mapping
from pathlib import Path

from idp.clients.brand import Brand, Fund
from idp.clients.client import Client
from idp.clients.problems import Problem
from idp.clock import Clock

Lookup = Callable[[str], Client | None]


class Registry:
    """What is registered at one moment. Never changes; a reload makes another one."""

    def __init__(
        self,
        clients: Iterable[Client],
        brands: Iterable[Brand],
        *,
        version: str = "",
        disabled: frozenset[str] = frozenset(),
        registered: Lookup | None = None,
    ) -> None:
        """`disabled` clients are not served although a file describes them; `registered` finds clients that
        have no file (dynamic registration)."""
        raise NotImplementedError

    @property
    def version(self) -> str:
        """Changes whenever the files' content does."""
        raise NotImplementedError

    @property
    def clients(self) -> tuple[Client, ...]:
        """The clients that have a file and are not disabled, by client id."""
        raise NotImplementedError

    def client(self, client_id: str) -> Client | None:
        """The client of this id, whatever text it is; None: unknown or disabled."""
        raise NotImplementedError

    @property
    def brands(self) -> tuple[Brand, ...]:
        raise NotImplementedError

    def brand(self, brand_id: str) -> Brand | None:
        raise NotImplementedError

    def brand_of(self, client: Client | None) -> Brand:
        """The brand a client wears; the neutral one without a client or for a client without a brand."""
        raise NotImplementedError

    @property
    def neutral_brand(self) -> Brand:
        """For pages that belong to no portal: the folder `neutral`."""
        raise NotImplementedError

    def fund(self, code: str) -> Fund | None:
        """The fund of this code, in upper or lower case (C-25)."""
        raise NotImplementedError

    def client_of_fund(self, code: str) -> Client | None:
        """The portal whose file lists the fund."""
        raise NotImplementedError

    def clients_of_group(self, group: str) -> tuple[Client, ...]:
        """The clients that share a session (`Client.sso_group`)."""
        raise NotImplementedError

    def with_clients(self, *clients: Client) -> "Registry":
        """The same registry with these clients added or replaced."""
        raise NotImplementedError


class LiveRegistry:
    """Follows the files: looks at them at most every `reload` seconds and swaps in a complete new registry.

    A file that is invalid keeps its last good version and shows in `problems`; at the start it is an error.
    """

    def __init__(
        self,
        clients: Path,
        brands: Path,
        clock: Clock,
        *,
        reload: int,
        environment: str,
        environ: Mapping[str, str],
        disabled: Callable[[], frozenset[str]] | None = None,
        registered: Lookup | None = None,
    ) -> None:
        """Reads the files at once. Raises `InvalidFiles` with every problem of every file."""
        raise NotImplementedError

    def current(self) -> Registry:
        """The registry of the moment. Cheap: a comparison of times unless a look at the files is due."""
        raise NotImplementedError

    def adopt(self, registry: Registry) -> None:
        """Serve this registry from now on."""
        raise NotImplementedError

    @property
    def problems(self) -> tuple[Problem, ...]:
        """What is wrong in the files now, for `idp doctor` and the metric."""
        raise NotImplementedError

    def secret(self, client_id: str) -> str:
        """The clear secret that the client's `secret_env` names, or an empty text."""
        raise NotImplementedError
