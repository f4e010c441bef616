"""The parts that live as long as the process, made once by `create_app` and handed on as arguments.

Web modules, endpoints and journeys take what they need from it; domain packages never see it: they ask for the exact
part as an argument. It holds no state of a request or person, so every thread may use it.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol, TypeVar

from flask import Response

from idp.clients.client_keys import ClientKeys
from idp.clients.registry import LiveRegistry
from idp.clock import Clock
from idp.credentials.hasher import Hasher
from idp.credentials.quality import Quality
from idp.database import Database
from idp.imports.legacy_directory import LegacyDirectories
from idp.limits.rate_limit import Limiter
from idp.limits.recent_failures import RecentFailures
from idp.messages.composer import Composer
from idp.outbound.client import Outbound
from idp.replica import Replica
from idp.sealing import Sealer
from idp.settings import Settings
from idp.signing_keys import SigningKeys
from idp.tracing.tracer import Tracer
from idp.wording import Wording

ThemeT = TypeVar("ThemeT", contravariant=True)


class PageRenderer(Protocol[ThemeT]):
    """Renders pages. `idp.web.pages.Pages` is the one implementation and lists the values for templates; a theme is an
    `idp.web.branding.Theme`."""

    def page(
        self,
        theme: ThemeT,
        template: str,
        status: int = 200,
        form_action: Sequence[str] = (),
        frames: Sequence[str] = (),
        **values: object,
    ) -> Response: ...

    def render(
        self,
        theme: ThemeT,
        template: str,
        values: Mapping[str, object],
        status: int = 200,
        form_action: Sequence[str] = (),
        frames: Sequence[str] = (),
    ) -> Response: ...

    def may_share(self, theme: ThemeT) -> bool: ...

    def render_shared(
        self,
        theme: ThemeT,
        template: str,
        drawn: Mapping[str, str],
        values: Callable[[Mapping[str, str]], Mapping[str, object]],
        key: Sequence[object] = (),
        form_action: Sequence[str] = (),
    ) -> Response: ...

    def text(self, theme: ThemeT, template: str, **values: object) -> str: ...


@dataclass(frozen=True)
class Provider:
    settings: Settings
    clock: Clock
    sealer: Sealer
    database: Database
    replica: Replica
    wording: Wording
    registry: LiveRegistry
    outbound: Outbound
    client_keys: ClientKeys
    signing_keys: SigningKeys
    limiter: Limiter
    failures_of_clients: RecentFailures
    composer: Composer
    hasher: Hasher
    legacy_directories: LegacyDirectories
    quality: Quality
    pages: PageRenderer[Any]
    tracer: Tracer | None = None
