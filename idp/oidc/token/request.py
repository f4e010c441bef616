"""A token request as grants read it, and what a grant proves."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import cached_property
from math import inf

from idp.clients.client import Client
from idp.database import Transaction
from idp.grants.authorization import Authorization
from idp.grants.refresh_families import Lifetimes
from idp.oidc.confirmation import Confirmation
from idp.oidc.form import FormBody
from idp.provider import Provider


@dataclass
class TokenRequest:
    """One request of an authenticated client.

    `confirmation` is the key or certificate that it proved to hold, and that its tokens are bound to.
    `open_transaction` is called once, by the first use of `tx`.
    """

    provider: Provider
    client: Client
    form: FormBody
    confirmation: Confirmation
    open_transaction: Callable[[], Transaction] = field(repr=False)

    @cached_property
    def tx(self) -> Transaction:
        """The transaction of this request, opened when something has to be read or written (rulings 26)."""
        return self.open_transaction()

    @property
    def now(self) -> datetime:
        return self.provider.clock.now()

    @property
    def resources(self) -> tuple[str, ...]:
        """The resource indicators (RFC 8707 §2.2)."""
        return self.form.all("resource")

    @property
    def scope(self) -> tuple[str, ...]:
        """The asked scope values in the client's order, without repetitions; empty: nothing was asked."""
        return tuple(dict.fromkeys(self.form.get("scope").split()))

    def lifetimes(self, *, offline: bool) -> Lifetimes:
        """Return how long this client's refresh tokens last: without offline access no longer than a session can."""
        policy, session = self.client.policy, timedelta(seconds=self.provider.settings.sessions.absolute)
        if not offline:
            return Lifetimes(idle=session, absolute=session)
        return Lifetimes(timedelta(seconds=policy.refresh_idle), timedelta(seconds=policy.refresh_absolute))


@dataclass(frozen=True, kw_only=True)
class GrantResult:
    """The result of a grant: the tokens are made from this and nothing else.

    `authorization` is None when a client acts in its own name. `nonce` is only repeated with the first ID token
    (OIDC Core §12.2). `audience` are resource indicators, empty for this provider itself. `identifies` is False where
    no ID token is wanted. `actor` is who acts for the subject (RFC 8693 §4.1), `ends_at` (Unix seconds) when the
    access token has to end at the latest, `issued_token_type` what RFC 8693 §2.2.1 wants in the answer.
    """

    scope: tuple[str, ...]
    authorization: Authorization | None = None
    family_id: str = ""
    refresh_token: str = ""
    audience: tuple[str, ...] = ()
    nonce: str = ""
    identifies: bool = True
    actor: dict[str, object] = field(default_factory=dict)
    ends_at: float = inf
    issued_token_type: str = ""

    @property
    def subject(self) -> str:
        """The subject under which the client knows the person; empty without a person."""
        return self.authorization.subject if self.authorization else ""
