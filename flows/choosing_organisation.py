"""A person with several companies says for which one they come to a portal that asks for `organisations`."""

from flows.engine.flow import Flow, SignInRequirement
from flows.shared.sessions import return_to_request
from flows.steps.organisation import ChooseOrganisation

CHOOSING_ORGANISATION = Flow(
    name="organisation",
    steps=(ChooseOrganisation(),),
    requires=SignInRequirement(),
    finish=return_to_request,
)
