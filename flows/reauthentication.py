"""Prove oneself again while signed in: the whole sign-in, or only the factor that is missing (RFC 9470)."""

from flows.engine.flow import Flow, SignInRequirement
from flows.shared.sessions import give_cookie_again, renew_session, return_to_request
from flows.steps.enrolment import ENROLMENT
from flows.steps.password_again import PasswordAgain
from flows.steps.second_step import SecondStep
from flows.steps.second_step_announced import SecondStepAnnounced

REAUTHENTICATION = Flow(
    name="reauthentication",
    steps=(
        PasswordAgain(by_others=True),  # or a passkey; unless only a factor is missing
        SecondStepAnnounced(),  # then the page with the button that sends a code
        *ENROLMENT,  # policy.enrol_on_the_way, for people without a sufficient method
        SecondStep(),
    ),
    requires=SignInRequirement(),
    complete=renew_session,
    again=give_cookie_again,
    finish=return_to_request,
)
