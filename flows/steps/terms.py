"""The portal's terms of use, in their present version (A-24, rulings 10)."""

from dataclasses import dataclass

from flows.engine import forms
from flows.engine.flow import PlainStep
from flows.engine.forms import Form
from flows.engine.outcomes import Done, Outcome
from flows.engine.run import Run
from flows.shared.facts import Facts
from idp.people import terms
from idp.wording import text

NOT_ACCEPTED = text("Accept the terms of use to continue.")


@dataclass(frozen=True)
class TermsForm(Form):
    """Inherit from it where a page asks for more besides."""

    terms: bool = forms.checkbox(required=NOT_ACCEPTED)


class AcceptTerms(PlainStep[TermsForm]):
    """Of a signed-in person: written immediately."""

    name = "terms"
    form = TermsForm

    def applies(self, run: Run) -> bool:
        portal, version = run.client.client_id, run.policy.terms_version
        return not terms.has_accepted(run.tx, run.person_id, portal, version)

    def submit(self, run: Run, form: TermsForm, prepared: None) -> Outcome:
        version = run.policy.terms_version
        terms.accept(run.tx, run.person_id, run.client.client_id, version, language=run.language)
        return Done(Facts(terms_version=version))
