"""The rules between a policy's fields."""

import re
from collections.abc import Callable, Iterator

from idp.clients.client import Client
from idp.clients.conversion import Fault
from idp.clients.policy import SERVED_METHODS, Policy

Check = Callable[[Policy], Iterator[Fault]]

FLOOR_WITHOUT_FACTOR = 12
RECOMMENDED_FLOOR = 8


def faults(client: Client, languages: tuple[str, ...]) -> list[Fault]:
    """Everything that is wrong with the client's policy; `languages` are those the provider offers."""
    found = [fault for check in CHECKS for fault in check(client.policy)]
    for index, language in enumerate(client.policy.languages):
        if language not in languages:
            found.append(Fault(f"policy.languages[{index}]", f"{language!r} is not among {', '.join(languages)}"))
    for index, topic in enumerate(client.topics):
        missing = set(client.policy.languages or languages) - topic.label.keys()
        if missing:
            found.append(Fault(f"topics[{index}].label", f"the label is missing in {', '.join(sorted(missing))}"))
    return found


def warnings(client: Client) -> Iterator[Fault]:
    """What is allowed and still worth a second look, for the self-check."""
    floor = client.policy.password_floor
    if floor < RECOMMENDED_FLOOR:
        yield Fault("policy.password_floor", f"{floor} characters are few, even with a second factor: 8 is better")
    signs_in = "authorization_code" in client.grant_types
    if signs_in and client.policy.second_step == "always" and not client.policy.served_methods:
        served = ", ".join(sorted(SERVED_METHODS))
        yield Fault("policy.methods", f"nobody can sign in: none of these methods has a page yet; {served} have one")


def steps(policy: Policy) -> Iterator[Fault]:
    if policy.second_step != "never" and not policy.methods:
        yield Fault("policy.methods", "a second step needs at least one method")
    if "sms" in policy.methods and policy.phone == "off":
        yield Fault("policy.phone", "codes by SMS need a phone: optional or required")
    if len(set(policy.methods)) < len(policy.methods):
        yield Fault("policy.methods", "a method is listed twice")


def floor(policy: Policy) -> Iterator[Fault]:
    if policy.password_floor < FLOOR_WITHOUT_FACTOR and not policy.strong_step_always:
        yield Fault(
            "policy.password_floor",
            f"fewer than {FLOOR_WITHOUT_FACTOR} characters need a second factor at every sign-in: "
            'second_step = "always", and no mail codes among the methods',
        )


def sign_on(policy: Policy) -> Iterator[Fault]:
    if policy.sso == "never" and policy.sso_group:
        yield Fault("policy.sso_group", 'a group shares its sessions: sso = "within" is expected')


def legacy(policy: Policy) -> Iterator[Fault]:
    if policy.prompt_create == "migration" and policy.legacy is None:
        yield Fault("policy.prompt_create", "a migration needs the table policy.legacy")
    if policy.legacy is None:
        return
    try:
        re.compile(policy.legacy.pattern)
    except re.error as error:
        yield Fault("policy.legacy.pattern", f"this is not a regular expression: {error}")


def lifetimes(policy: Policy) -> Iterator[Fault]:
    if policy.refresh_idle > policy.refresh_absolute:
        yield Fault("policy.refresh_idle", "it cannot be longer than refresh_absolute")


CHECKS: tuple[Check, ...] = (steps, floor, sign_on, legacy, lifetimes)
