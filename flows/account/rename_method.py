"""Give a passkey or an authenticator app a name that its owner recognises (X-16)."""

from collections.abc import Mapping
from dataclasses import dataclass

from flows.account import rooms
from flows.account.owner import RECENT
from flows.engine import forms
from flows.engine.flow import Flow, PlainStep, SignInRequirement
from flows.engine.forms import Form
from flows.engine.outcomes import FORM, Done, Outcome, Retry
from flows.engine.run import Run
from flows.shared.one_method import OneMethod
from idp.actions.actor import Actor
from idp.actions.rename_method import rename_method
from idp.credentials import authenticator_apps, passkeys
from idp.wording import text

GONE = text("This has already been removed.")


@dataclass(frozen=True)
class MethodNameForm(Form):
    name: str = forms.line(longest=passkeys.LONGEST_NAME, missing=text("Enter the new name."))


class RenameMethod(PlainStep[MethodNameForm]):
    """Renames the passkey or app that the run is about."""

    name = "rename-method"
    form = MethodNameForm

    def page(self, run: Run) -> Mapping[str, object]:
        return {"called": called(run), "cancel": rooms.address(run.client, rooms.SECURITY.path)}

    def submit(self, run: Run, form: MethodNameForm, prepared: None) -> Outcome:
        method, by = run.about(OneMethod).method_id, Actor.person(run.person_id)
        if not rename_method(run.tx, run.person_id, method, form.name, by=by):
            return Retry({FORM: GONE})
        return Done()


def called(run: Run) -> str:
    """Return the current name; empty: the person has no such method."""
    names = {each.id: each.name for each in passkeys.listed(run.tx, run.person_id)}
    names |= {each.id: each.name for each in authenticator_apps.listed(run.tx, run.person_id)}
    return names.get(run.about(OneMethod).method_id, "")


RENAME_METHOD = Flow(
    name="rename-method",
    subject=OneMethod.named,
    requires=SignInRequirement(within=RECENT),
    steps=(RenameMethod(),),
    finish=rooms.back_to(rooms.SECURITY, done="renamed"),
)
