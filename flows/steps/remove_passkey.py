"""The person chooses one of their passkeys and removes it, unless a portal of theirs would have nothing left to ask."""

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
from idp.actions.remove_method import MethodRemoval, ShutPortals, remove_method
from idp.credentials import passkeys
from idp.credentials.passkeys import PasskeySummary
from idp.wording import Text, text

GONE = text("This passkey was removed already.")


def listed(run: Run) -> dict[str, str]:
    return {each.id: each.name for each in passkeys.listed(run.tx, run.person_id)}


@dataclass(frozen=True)
class PasskeyRemovalForm(Form):
    passkey: str = forms.choice(listed)


class RemovePasskey(PlainStep[PasskeyRemovalForm]):
    name = "remove-passkey"
    form = PasskeyRemovalForm

    def page(self, run: Run) -> Mapping[str, object]:
        chosen = run.about(OneMethod).method_id
        return {"chosen": chosen, "passkeys": [_option(run, each) for each in passkeys.listed(run.tx, run.person_id)]}

    def submit(self, run: Run, form: PasskeyRemovalForm, prepared: None) -> Outcome:
        own = run.session.id if run.session is not None else ""
        by, registry = Actor.person(run.person_id), run.provider.registry.current()
        at = occasion.of_run(run)
        outcome = remove_method(run.tx, registry, run.person_id, form.passkey, by=by, at=at, but=own)
        if isinstance(outcome, ShutPortals):
            return Retry({"passkey": _demanded(registry.name_of(outcome.client_ids[0], run.theme.language))})
        return Done() if isinstance(outcome, MethodRemoval) else Retry({"passkey": GONE})


def _demanded(portal: str) -> Text:
    return text(
        "%(portal)s asks for a second step, and this is your last one that it accepts. "
        "Add another way to sign in first.",
        portal=portal,
    )


def _option(run: Run, each: PasskeySummary) -> tuple[str, str, str]:
    """Its id, its name, and when it was added and used."""
    _ = run.theme.translator
    added = _(text("Added on %(day)s.", day=_.day(each.added_at)))
    if each.last_used_at is None:
        return each.id, each.name, f"{added} {_(text('Never used.'))}"
    return each.id, each.name, f"{added} {_(text('Last used on %(day)s.', day=_.day(each.last_used_at)))}"
