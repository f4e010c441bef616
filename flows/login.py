"""Sign in: a first factor, then the second step that portal and request ask for; then back to the portal."""

from flows.engine.flow import Flow
from flows.guards.signed_in_elsewhere import SignedInElsewhere
from flows.methods.usable import lacks_any_method, lacks_mailbox_proof
from flows.shared.sessions import give_cookie_again, return_to_request, start_session
from flows.steps.add_passkey import OfferPasskey
from flows.steps.enrolment import ENROLMENT
from flows.steps.first_factor import FirstFactor
from flows.steps.lost_phone import ProveMailbox
from flows.steps.phone_number import AskPhone
from flows.steps.second_step import SecondStep

LOGIN = Flow(
    name="login",
    steps=(
        FirstFactor(),
        ProveMailbox(needed=lacks_mailbox_proof),
        AskPhone(name="first-phone", template="phone-number", needed=lacks_any_method, spares=True),  # B-50
        *ENROLMENT,  # policy.enrol_on_the_way, for people without a sufficient method
        SecondStep(),  # policy.second_step, or the assurance that the request asks for
        OfferPasskey(),  # policy.offer_passkey, after a code
    ),
    guards=(SignedInElsewhere(),),
    complete=start_session,
    again=give_cookie_again,
    finish=return_to_request,
)
