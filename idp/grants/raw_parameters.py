"""The parameters of an authorization request as they arrived: in an address, a form or a request object.

They are stored and carried whole (sealed in an address, pushed, or waiting with a device). Nothing about them is
validated: `idp.oidc.authorize.validation` makes an authorization context of them. Logout requests are read with the
same type.
"""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, replace

REPEATABLE = "resource"  # RFC 8707 §2: the one parameter that may be sent several times


@dataclass(frozen=True, kw_only=True)
class RawParameters:
    """Texts as they were sent. An empty parameter is as good as an absent one (RFC 6749 §3.1).

    - `parameters`: the single values by name; `resources`: the values of `resource`, in order.
    - `repeated`: the names that were sent more than once.
    - `pushed`: the id of the pushed request they come from; `device`: the id of the device that waits for the answer.
    - `signed`: they come from a request object that the client signed.
    """

    parameters: dict[str, str]
    resources: tuple[str, ...] = ()
    repeated: frozenset[str] = frozenset()
    pushed: str = ""
    signed: bool = False
    device: str = ""

    @property
    def client_id(self) -> str:
        return self.get("client_id")

    def get(self, name: str) -> str:
        """Return the value, or an empty text."""
        return self.parameters.get(name, "")

    def with_parameter(self, name: str, value: str) -> "RawParameters":
        """Return the same parameters with one value added or replaced."""
        return replace(self, parameters={**self.parameters, name: value})


def from_pairs(pairs: Iterable[tuple[str, str]]) -> RawParameters:
    """Return the parameters in these decoded name and value pairs of a query or a form."""
    sent = [(name, value) for name, value in pairs if value]
    counts = Counter(name for name, _ in sent if name != REPEATABLE)
    return RawParameters(
        parameters={name: value for name, value in sent if name != REPEATABLE},
        resources=tuple(value for name, value in sent if name == REPEATABLE),
        repeated=frozenset(name for name, count in counts.items() if count > 1),
    )
