"""The claims that the portal requests, in plain words; the person allows or denies them."""

from collections.abc import Mapping
from math import ceil
from urllib.parse import urlsplit

from flows.engine.flow import PlainStep
from flows.engine.forms import Form
from flows.engine.outcomes import Done, Outcome
from flows.engine.run import Run
from flows.shared.facts import Facts
from idp.grants import consents, device_codes
from idp.wording import Text, counted, text

DENY = "deny"
OFFLINE = "offline_access"
DAY = 86400

WORDS: Mapping[str, Text] = {
    "profile": text("your name, language and date of birth"),
    "email": text("your email address"),
    "phone": text("your phone number"),
    "address": text("your postal address"),
    "organisations": text("the companies you act for, and your rights there"),
    "legacy": text("your old user ID"),
    OFFLINE: text("access on your behalf when you are not signed in"),
}


class Consent(PlainStep[Form]):
    """Writes an agreement immediately. A refusal leaves the fact `agreed` unset, and denies a waiting device."""

    name = "consent"
    form = Form
    actions = frozenset({DENY})

    def page(self, run: Run) -> Mapping[str, object]:
        wanted = [WORDS.get(scope, text("%(scope)s", scope=scope)) for scope in _scopes(run) if scope != "openid"]
        return {"wanted": wanted, "host": _host(run), "away": _away(run)}

    def submit(self, run: Run, form: Form, prepared: None) -> Outcome:
        request_id = run.pending.id if run.pending is not None else ""
        consents.grant(run.tx, run.person_id, run.client.client_id, _scopes(run), request_id=request_id)
        return Done(Facts(agreed=True))

    def act(self, run: Run, action: str) -> Outcome:
        if run.pending is not None and run.pending.device:
            device_codes.deny(run.tx, run.pending.device)
        return Done()


def _host(run: Run) -> str:
    """Return where the data goes, as an address shows it; empty for an app on the person's own device."""
    parts = urlsplit(run.pending.redirect_uri or run.client.client_uri if run.pending is not None else "")
    return (parts.hostname or "") if parts.scheme == "https" else ""


def _away(run: Run) -> Text | None:
    """For how long the portal may act while the person is away; None: not at all."""
    if OFFLINE not in _scopes(run):
        return None
    return counted(
        "Access while you are away ends after %(count)d day at the latest.",
        "Access while you are away ends after %(count)d days at the latest.",
        ceil(run.policy.refresh_absolute / DAY),
    )


def _scopes(run: Run) -> tuple[str, ...]:
    return run.pending.wanted if run.pending is not None else ()
