"""Sign in: password, then the second step that portal and request ask for; then back to where it was asked for."""

from flows.engine.flow import Flow
from flows.sessions import give_cookie_again, onward, start_session
from flows.steps.credentials import Credentials
from flows.steps.phone_number import AskPhone
from flows.steps.second_step import SecondStep
from flows.steps.second_steps.methods import lacks_any_method

LOGIN = Flow(
    name="login",
    steps=(
        Credentials(),
        AskPhone(name="first-phone", template="phone-number", needed=lacks_any_method),  # B-50
        SecondStep(),  # policy.second_step, or the assurance that the request asks for
    ),
    complete=start_session,
    again=give_cookie_again,
    finish=onward,
)
