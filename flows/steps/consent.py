"""What the portal wants to know, in plain words; the person allows or denies it."""

from collections.abc import Mapping
from typing import Any

from flows.engine.facts import Facts
from flows.engine.flow import Step
from flows.engine.outcomes import Done, Outcome
from flows.engine.run import Run
from idp.grants import consents, device_codes
from idp.wording import Text, text

DENY = "deny"

WORDS: Mapping[str, Text] = {
    "profile": text("your name, language and date of birth"),
    "email": text("your e-mail address"),
    "phone": text("your phone number"),
    "address": text("your postal address"),
    "organisations": text("the companies you act for, and your rights there"),
    "legacy": text("your former user ID"),
    "offline_access": text("access on your behalf while you are away"),
}


class Consent(Step):
    """Allowing is written at once; denying leaves the fact `agreed` unset, and a device that waits is turned away."""

    name = "consent"
    actions = frozenset({DENY})

    def page(self, run: Run) -> Mapping[str, object]:
        wanted = [WORDS.get(scope, text("%(scope)s", scope=scope)) for scope in _scopes(run) if scope != "openid"]
        return {"wanted": wanted}

    def submit(self, run: Run, form: Any, prepared: Any) -> Outcome:
        consents.grant(run.tx, run.person_id, run.client.client_id, _scopes(run))
        return Done(Facts(agreed=True))

    def act(self, run: Run, action: str) -> Outcome:
        if run.pending is not None and run.pending.device:
            device_codes.deny(run.tx, run.pending.device)
        return Done()


def _scopes(run: Run) -> tuple[str, ...]:
    return run.pending.wanted if run.pending is not None else ()
