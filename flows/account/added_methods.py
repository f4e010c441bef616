"""Sign-in methods that were added since an event the person denies: they remove those that are not theirs.

Even the last method that a portal demands may be removed: if it is someone else's, it is worse than none.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime

from flows import occasion
from flows.account.report import happened_at, reported
from flows.engine import forms
from flows.engine.flow import PlainStep
from flows.engine.forms import Form
from flows.engine.outcomes import Done, Outcome
from flows.engine.run import Run
from idp.actions.actor import Actor
from idp.actions.remove_method import RECOVERY_CODES, remove_method
from idp.credentials import authenticator_apps, passkeys, recovery_codes
from idp.wording import Text, text


@dataclass(frozen=True)
class Added:
    """One way to sign in. `name` is empty for the recovery codes."""

    id: str
    kind: Text
    name: str
    at: datetime


def added(run: Run) -> list[Added]:
    """Return what was added since the reported event; all of it, where the person reported none in particular."""
    begin = happened_at(run)
    return [each for each in _own(run) if each.at >= begin]


def _own(run: Run) -> Iterator[Added]:
    tx, person_id = run.tx, run.person_id
    for passkey in passkeys.listed(tx, person_id):
        yield Added(passkey.id, text("Passkey"), passkey.name, passkey.added_at)
    for app in authenticator_apps.listed(tx, person_id):
        yield Added(app.id, text("Authenticator app"), app.name, app.added_at)
    codes = recovery_codes.listed(tx, person_id)
    if codes is not None:
        yield Added(RECOVERY_CODES, text("Recovery codes"), "", codes.added_at)


@dataclass(frozen=True)
class AddedForm(Form):
    methods: tuple[str, ...] = forms.choices(lambda run: {each.id: each.kind for each in added(run)})


class AddedMethods(PlainStep[AddedForm]):
    """Removes those that were ticked; none is an answer too."""

    name = "added-methods"
    form = AddedForm

    def applies(self, run: Run) -> bool:
        return bool(added(run))

    def page(self, run: Run) -> Mapping[str, object]:
        return {"added": added(run), "since": reported(run)}

    def submit(self, run: Run, form: AddedForm, prepared: None) -> Outcome:
        own = run.session.id if run.session is not None else ""
        by, registry, at = Actor.person(run.person_id), run.provider.registry.current(), occasion.of_run(run)
        for method in form.methods:
            remove_method(run.tx, registry, run.person_id, method, by=by, at=at, but=own, even_the_last=True)
        return Done()
