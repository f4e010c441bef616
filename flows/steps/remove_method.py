"""The person chooses a way to sign in and removes it, unless a portal of theirs would have nothing left to ask."""

from collections.abc import Mapping
from dataclasses import dataclass

from flows.engine import forms
from flows.engine.flow import PlainStep
from flows.engine.forms import Form
from flows.engine.outcomes import Done, Outcome, Retry
from flows.engine.run import Run
from flows.shared import occasion
from flows.shared.method_kinds import described
from flows.shared.one_method import OneMethod
from idp.actions.actor import Actor
from idp.actions.remove_method import (
    MethodRemoval,
    PhoneRequired,
    RemovableMethod,
    ShutPortals,
    removable,
    remove_method,
)
from idp.wording import Text, text

GONE = text("This has already been removed.")


def listed(run: Run) -> dict[str, str]:
    return {each.id: each.name for each in removable(run.tx, run.person_id)}


@dataclass(frozen=True)
class MethodRemovalForm(Form):
    method: str = forms.choice(listed, missing=text("Select what you want to remove."))


class RemoveMethod(PlainStep[MethodRemovalForm]):
    name = "remove-method"
    form = MethodRemovalForm

    def page(self, run: Run) -> Mapping[str, object]:
        options = [_option(run, each) for each in removable(run.tx, run.person_id)]
        chosen = options[0][0] if len(options) == 1 else run.about(OneMethod).method_id
        return {"options": options, "chosen": chosen}

    def submit(self, run: Run, form: MethodRemovalForm, prepared: None) -> Outcome:
        own = run.session.id if run.session is not None else ""
        by, registry = Actor.person(run.person_id), run.provider.registry.current()
        at = occasion.of_run(run)
        outcome = remove_method(run.tx, registry, run.person_id, form.method, by=by, at=at, but=own)
        if isinstance(outcome, ShutPortals):
            return Retry({"method": _demanded(registry.name_of(outcome.client_ids[0], run.theme.language))})
        if isinstance(outcome, PhoneRequired):
            return Retry({"method": _phone_required(registry.name_of(outcome.client_ids[0], run.theme.language))})
        return Done() if isinstance(outcome, MethodRemoval) else Retry({"method": GONE})


def _demanded(portal: str) -> Text:
    return text(
        "%(portal)s asks for a second step, and this is your last one that it accepts. "
        "Add another sign-in method first.",
        portal=portal,
    )


def _phone_required(portal: str) -> Text:
    return text("%(portal)s requires a mobile number. You can change your number, but not remove it.", portal=portal)


def _option(run: Run, each: RemovableMethod) -> tuple[str, str, str]:
    """Return its id, its name, and when it was added and used."""
    _ = run.theme.translator
    name = described(each, _)
    added = _(text("Added on %(day)s.", day=_.day(each.added_at)))
    if each.last_used_at is None:
        return each.id, name, f"{added} {_(text('Never used.'))}"
    return each.id, name, f"{added} {_(text('Last used on %(day)s.', day=_.day(each.last_used_at)))}"
