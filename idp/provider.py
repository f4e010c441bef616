"""The parts that live as long as the process, made once by `create_app` and handed on as arguments.

Web modules, endpoints and journeys take what they need from it; domain packages never see it: they ask for the exact
part as an argument. It holds no state of a request or person, so every thread may use it.
"""

from dataclasses import dataclass

from idp.clock import Clock
from idp.database import Database
from idp.opaque import Vault
from idp.settings import Settings
from idp.wording import Wording


@dataclass(frozen=True)
class Provider:
    settings: Settings
    clock: Clock
    vault: Vault
    database: Database
    wording: Wording
