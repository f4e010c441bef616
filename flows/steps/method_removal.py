"""One of the authenticator apps, or the list of recovery codes, is removed; never the last that a portal demands."""

from collections.abc import Mapping
from dataclasses import dataclass

from flows import occasion
from flows.engine import forms
from flows.engine.flow import PlainStep
from flows.engine.forms import Form
from flows.engine.outcomes import Done, Outcome, Retry
from flows.engine.run import Run
from flows.one_method import OneMethod
from idp.actions.actor import Actor
from idp.actions.remove_method import RECOVERY_CODES, MethodRemoval, ShutPortals, remove_method
from idp.credentials import authenticator_apps, recovery_codes
from idp.wording import Text, text

GONE = text("This was removed already.")


def removable(run: Run) -> Mapping[str, Text | str]:
    """Return what may be chosen: the id of an app and its name."""
    found: dict[str, Text | str] = {app.id: app.name for app in authenticator_apps.listed(run.tx, run.person_id)}
    if recovery_codes.listed(run.tx, run.person_id) is not None:
        found[RECOVERY_CODES] = text("Recovery codes")
    return found


@dataclass(frozen=True)
class MethodRemovalForm(Form):
    method: str = forms.choice(removable)


class RemoveMethod(PlainStep[MethodRemovalForm]):
    name = "remove-authenticator"
    form = MethodRemovalForm

    def page(self, run: Run) -> Mapping[str, object]:
        return {"removable": removable(run).items(), "chosen": run.about(OneMethod).method_id}

    def submit(self, run: Run, form: MethodRemovalForm, prepared: None) -> Outcome:
        own = run.session.id if run.session is not None else ""
        by, registry = Actor.person(run.person_id), run.provider.registry.current()
        at = occasion.of_run(run)
        outcome = remove_method(run.tx, registry, run.person_id, form.method, by=by, at=at, but=own)
        if isinstance(outcome, ShutPortals):
            return Retry({"method": _last(registry.name_of(outcome.client_ids[0], run.theme.language))})
        return Done() if isinstance(outcome, MethodRemoval) else Retry({"method": GONE})


def _last(portal: str) -> Text:
    return text(
        "%(portal)s asks for a second step, and this is the last one that you have there. Add another one first.",
        portal=portal,
    )
