"""The rules between a policy's fields."""

import re
from collections.abc import Callable, Iterator

from idp import methods
from idp.clients.client import Client
from idp.clients.conversion import FileFault
from idp.clients.policy import Policy

Check = Callable[[Policy], Iterator[FileFault]]

FLOOR_WITHOUT_FACTOR = 12
RECOMMENDED_FLOOR = 8
FLOOR_ALONE = 15


def faults(client: Client, languages: tuple[str, ...]) -> list[FileFault]:
    """Everything that is wrong with the client's policy; `languages` are those the provider offers."""
    found = [fault for check in CHECKS for fault in check(client.policy)] + list(usable(client))
    for index, language in enumerate(client.policy.languages):
        if language not in languages:
            found.append(FileFault(f"policy.languages[{index}]", f"{language!r} is not among {', '.join(languages)}"))
    unsaid = set(client.policy.languages or languages) - client.policy.account_needed.keys()
    if client.policy.account_needed and unsaid:
        found.append(FileFault("policy.account_needed", f"the reason is missing in {', '.join(sorted(unsaid))}"))
    for index, topic in enumerate(client.topics):
        missing = set(client.policy.languages or languages) - topic.label.keys()
        if missing:
            found.append(FileFault(f"topics[{index}].label", f"the label is missing in {', '.join(sorted(missing))}"))
    return found


def warnings(client: Client) -> Iterator[FileFault]:
    """Find allowed values that are weaker than the standards advise."""
    policy = client.policy
    if not client.has_people:
        return
    if policy.second_step == "never":
        yield FileFault("policy.second_step", "no second step at sign-in")
    if policy.second_step == "when-asked":
        yield FileFault("policy.second_step", "no second step unless the portal asks for it in every request")
    if policy.consent == "skip" and (client.public or client.application_type == "native"):
        yield FileFault("policy.consent", "a copied app id would get data without anyone being asked")
    if policy.second_step == "always" and policy.served_methods == {methods.SMS}:
        yield FileFault("policy.methods", "people without a mobile phone are shut out: sms is the only method")
    if policy.password_floor < RECOMMENDED_FLOOR:
        few = f"{policy.password_floor} characters are few, even with a second factor: {RECOMMENDED_FLOOR} is better"
        yield FileFault("policy.password_floor", few)
    elif policy.password_floor < FLOOR_ALONE and not policy.strong_step_always:
        other = "a mail code" if "email" in policy.methods and policy.second_step != "never" else "nothing"
        alone = f"{FLOOR_ALONE} characters are advised where the other step may be {other} (NIST SP 800-63B-4 §3.1.1.2)"
        yield FileFault("policy.password_floor", alone)


def usable(client: Client) -> Iterator[FileFault]:
    """Someone must be able to sign in."""
    if client.has_people and client.policy.second_step != "never" and not client.policy.served_methods:
        served = ", ".join(sorted(methods.served()))
        yield FileFault(
            "policy.methods", f"nobody can sign in: none of these methods has a page yet; {served} have one"
        )


def steps(policy: Policy) -> Iterator[FileFault]:
    if policy.without_phone and not policy.spares_phone:
        yield FileFault("policy.without_phone", 'it needs phone = "required", and totp or passkey among the methods')
    if "sms" in policy.methods and policy.phone == "off":
        yield FileFault("policy.phone", "codes by SMS need a phone: optional or required")
    if len(set(policy.methods)) < len(policy.methods):
        yield FileFault("policy.methods", "a method is listed twice")


def floor(policy: Policy) -> Iterator[FileFault]:
    if policy.password_floor < FLOOR_WITHOUT_FACTOR and not policy.strong_step_always:
        yield FileFault(
            "policy.password_floor",
            f"fewer than {FLOOR_WITHOUT_FACTOR} characters need a second factor at every sign-in: "
            'second_step = "always", and no mail codes among the methods',
        )


def sign_on(policy: Policy) -> Iterator[FileFault]:
    if policy.sso == "never" and policy.sso_group:
        yield FileFault("policy.sso_group", 'a group shares its sessions: sso = "within" is expected')


def legacy(policy: Policy) -> Iterator[FileFault]:
    if policy.prompt_create == "migration" and policy.legacy is None:
        yield FileFault("policy.prompt_create", "a migration needs the table policy.legacy")
    if policy.legacy is None:
        return
    try:
        re.compile(policy.legacy.pattern)
    except re.error as error:
        yield FileFault("policy.legacy.pattern", f"this is not a regular expression: {error}")


def lifetimes(policy: Policy) -> Iterator[FileFault]:
    if policy.refresh_idle > policy.refresh_absolute:
        yield FileFault("policy.refresh_idle", "it cannot be longer than refresh_absolute")


CHECKS: tuple[Check, ...] = (steps, floor, sign_on, legacy, lifetimes)
