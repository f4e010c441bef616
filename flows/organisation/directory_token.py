"""A new token for the company's directory: named, shown once, and good from the moment it is kept."""

from collections.abc import Mapping
from dataclasses import dataclass

from flows.engine import forms
from flows.engine.facts import StepFacts
from flows.engine.flow import Flow, PlainStep
from flows.engine.forms import Form
from flows.engine.outcomes import FORM, Done, EndAddress, Ending, Outcome, Retry
from flows.engine.run import Run
from flows.organisation import sender
from flows.organisation.administration import AdministeredCompany, AdministratorsOnly, company_of, users_of
from flows.organisation.editing import RECENT
from flows.shared import fields
from flows.shared.facts import Facts
from idp.actions.actor import Actor
from idp.actions.scim_tokens import create_token
from idp.organisations import scim_tokens
from idp.sealing import CannotOpen
from idp.wording import Text, text

SEAL = "token of a directory not kept yet"
LIFETIMES: Mapping[str, Text] = {
    "90": text("3 months"),
    "180": text("6 months"),
    "365": text("1 year"),
}
FULL = text("The company has as many tokens as it can have. Revoke one first.")


class DirectoryTokenWish(StepFacts, frozen=True):
    """The name that the administrator gives the token, and its lifetime in days."""

    token_name: str = ""
    token_days: int = 0


@dataclass(frozen=True)
class DirectoryTokenForm(Form):
    token_name: str = fields.name(missing=text("Enter a name for the token."))
    days: str = forms.choice(lambda _run: LIFETIMES, missing=text("Select how long the token is valid."))


class NameDirectoryToken(PlainStep[DirectoryTokenForm]):
    """Sets the name and the lifetime."""

    name = "new-directory-token"
    form = DirectoryTokenForm

    def page(self, run: Run) -> Mapping[str, object]:
        lifetimes = [(days, run.theme.translator(label)) for days, label in LIFETIMES.items()]
        return {"company": company_of(run), "lifetimes": lifetimes, "detail": _directory(run)}

    def submit(self, run: Run, form: DirectoryTokenForm, prepared: None) -> Outcome:
        if len(scim_tokens.live(run.tx, company_of(run).id)) >= scim_tokens.MOST:
            return Retry({FORM: FULL})
        return Done(DirectoryTokenWish(token_name=form.token_name, token_days=int(form.days)))


@dataclass(frozen=True)
class KeptTokenForm(Form):
    kept: bool = forms.checkbox(required=text("Enter the token in the directory first, then tick the box."))


class KeepDirectoryToken(PlainStep[KeptTokenForm]):
    """Shows the token. It is sealed in `scratch` until the box is ticked, and opens nothing before."""

    name = "keep-directory-token"
    form = KeptTokenForm

    def enter(self, run: Run) -> None:
        run.scratch = {"token": run.tx.sealer.seal(SEAL, scim_tokens.draw().encode(), context=run.id)}

    def page(self, run: Run) -> Mapping[str, object]:
        scim = run.provider.settings.server.issuer + scim_tokens.ADDRESS
        return {"company": company_of(run), "token": _drawn(run), "scim": scim}

    def submit(self, run: Run, form: KeptTokenForm, prepared: None) -> Outcome:
        wish, shown = run.known(DirectoryTokenWish), _drawn(run)
        if not shown:
            return Retry({})
        made = create_token(
            run.tx,
            company_of(run),
            shown,
            sender.of_run(run),
            name=wish.token_name,
            days=wish.token_days,
            by=Actor.administrator(run.person_id),
        )
        return Done(Facts(written=True)) if made else Retry({FORM: FULL})


def back_to_directory(run: Run) -> Ending:
    return EndAddress(f"{_directory(run)}?done=created")


def _directory(run: Run) -> str:
    return f"{users_of(run.about(AdministeredCompany).organisation_id)}/directory"


def _drawn(run: Run) -> str:
    """Return the token on the page; empty where the key that sealed it is gone."""
    try:
        return run.provider.sealer.open(SEAL, run.scratch.get("token", ""), context=run.id).decode()
    except CannotOpen:
        return ""


NEW_DIRECTORY_TOKEN = Flow(
    name="new-directory-token",
    subject=AdministeredCompany.named,
    requires=RECENT,
    guards=(AdministratorsOnly(),),
    steps=(NameDirectoryToken(), KeepDirectoryToken()),
    finish=back_to_directory,
)
