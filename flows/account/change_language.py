"""The language of mails and text messages, and of the pages in this browser (X-16)."""

from collections.abc import Mapping
from dataclasses import dataclass

from flask import Response

from flows.account import rooms
from flows.engine import forms
from flows.engine.flow import Flow, PlainStep, SignInRequirement
from flows.engine.forms import Form
from flows.engine.outcomes import Done, Outcome
from flows.engine.run import Run
from idp.actions.actor import Actor
from idp.actions.languages import change_language
from idp.people import person
from idp.web import preferences
from idp.web.preferences import Preferences
from idp.wording import own_name, text

DONE = "language"


def offered(run: Run) -> Mapping[str, str]:
    """Return the languages of this portal, each by its own name."""
    return {language: own_name(language) for language in run.theme.languages}


@dataclass(frozen=True)
class LanguageForm(Form):
    language: str = forms.choice(offered, missing=text("Select a language."))


class ChooseLanguage(PlainStep[LanguageForm]):
    """Stores the language of the person, and remembers it in this browser."""

    name = "change-language"
    form = LanguageForm

    def page(self, run: Run) -> Mapping[str, object]:
        found = person.by_id(run.tx, run.person_id)
        return {
            "offered": list(offered(run).items()),
            "language": found.language if found is not None else "",
            "cancel": rooms.address(run.client, rooms.OVERVIEW.path),
        }

    def submit(self, run: Run, form: LanguageForm, prepared: None) -> Outcome:
        change_language(run.tx, run.person_id, form.language, by=Actor.person(run.person_id))
        secure = run.provider.settings.server.secure

        def remember(response: Response) -> None:
            preferences.write(response, Preferences(language=form.language), secure=secure)

        run.on_response.append(remember)
        return Done()


CHANGE_LANGUAGE = Flow(
    name="change-language",
    steps=(ChooseLanguage(),),
    requires=SignInRequirement(),
    finish=rooms.back_to(rooms.OVERVIEW, done=DONE),
)
