"""For which of their companies a person comes (rulings 11): remembered, and changeable at any time."""

from collections.abc import Mapping
from dataclasses import dataclass

from flows.engine import forms
from flows.engine.flow import PlainStep
from flows.engine.forms import Form
from flows.engine.outcomes import Done, Outcome, Retry
from flows.engine.run import Run
from idp.organisations import chosen, organisation_claims
from idp.wording import text


def organisations(run: Run) -> dict[str, str]:
    """Return the companies the person may act for at this portal, by id."""
    funds = tuple(fund.code for fund in run.client.funds)
    return {entry["id"]: entry["name"] for entry in organisation_claims.for_claims(run.tx, run.person_id, funds)}


@dataclass(frozen=True)
class OrganisationForm(Form):
    organisation: str = forms.choice(organisations, missing=text("Select a company."))


class ChooseOrganisation(PlainStep[OrganisationForm]):
    name = "organisation"
    form = OrganisationForm

    def page(self, run: Run) -> Mapping[str, object]:
        present = chosen.chosen(run.tx, run.person_id, run.client.client_id)
        return {"organisations": organisations(run).items(), "present": present}

    def submit(self, run: Run, form: OrganisationForm, prepared: None) -> Outcome:
        if not chosen.choose(run.tx, run.person_id, run.client.client_id, form.organisation):
            return Retry({"organisation": text("You no longer act for this company.")})
        return Done()
