"""Sign-in methods that were added since an event the person denies: they remove those that are not theirs.

Even the last method that a portal demands may be removed: if it is someone else's, it is worse than none.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from flows.account.report import EVER, happened_at, reported
from flows.engine import forms
from flows.engine.flow import PlainStep
from flows.engine.forms import Form
from flows.engine.outcomes import Done, Outcome
from flows.engine.run import Run
from flows.shared import occasion
from flows.shared.method_kinds import KINDS, described
from idp.actions.actor import Actor
from idp.actions.remove_method import RemovableMethod, added_since, remove_method
from idp.credentials import cooling_down, passwords
from idp.notices import misuse_link


def added(run: Run) -> list[RemovableMethod]:
    """Return what was added since the reported event; all of it, where the person reported none in particular."""
    return added_since(run.tx, run.person_id, max(happened_at(run), _settled(run)))


def _settled(run: Run) -> datetime:
    """Return since when methods can be removed at all.

    While changes wait after a recovery, an emergency is no way around the wait: methods that the owner had long
    before stay. Those of the last days can go: a thief's may be among them.
    """
    recovered_at = passwords.recovered_at(run.tx, run.person_id)
    waits = cooling_down.until(run.tx, run.provider.registry.current(), run.person_id) is not None
    return recovered_at - misuse_link.GOOD_FOR if waits and recovered_at is not None else EVER


@dataclass(frozen=True)
class AddedForm(Form):
    methods: tuple[str, ...] = forms.choices(lambda run: {each.id: KINDS[each.method] for each in added(run)})


class AddedMethods(PlainStep[AddedForm]):
    """Removes the methods that were ticked, if any."""

    name = "added-methods"
    form = AddedForm

    def applies(self, run: Run) -> bool:
        return bool(added(run))

    def page(self, run: Run) -> Mapping[str, object]:
        return {"added": [(each, described(each, run.theme.translator)) for each in added(run)], "since": reported(run)}

    def submit(self, run: Run, form: AddedForm, prepared: None) -> Outcome:
        own = run.session.id if run.session is not None else ""
        by, registry, at = Actor.person(run.person_id), run.provider.registry.current(), occasion.of_run(run)
        for method in form.methods:
            remove_method(run.tx, registry, run.person_id, method, by=by, at=at, but=own, even_the_last=True)
        return Done()
