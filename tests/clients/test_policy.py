"""The policy of a portal: strict where nothing is said, and never weaker than it looks."""

import pytest

from idp.clients.policy import Policy
from tests.clients.folders import PORTAL, Folders


def paths(folders: Folders) -> list[str]:
    return [problem.path for problem in folders.read().problems]


def test_a_file_without_a_policy_gets_the_strictest_one() -> None:
    """rulings 20"""
    policy = Policy()

    assert policy.second_step == "always"
    assert policy.strong_step_always
    assert policy.sso == "never"
    assert policy.entry == "enrolment"
    assert policy.consent == "ask"
    assert policy.phone == "required"
    assert policy.password_floor == 12
    assert policy.recovery.mail_only == "refused"
    assert policy.recovery.fields == ("identifier", "birth_date")
    assert policy.letters.second_knowledge == "birth_date"
    assert policy.access_token_format == "opaque"


@pytest.mark.parametrize(
    ("policy", "accepted"),
    [
        ('password_floor = 8\nmethods = ["sms", "totp"]', True),
        ('password_floor = 8\nmethods = ["sms", "email"]', False),
        ('password_floor = 8\nsecond_step = "when-asked"', False),
        ('password_floor = 11\nmethods = ["email"]', False),
        ('password_floor = 12\nmethods = ["email"]', True),
        ('password_floor = 5\nmethods = ["totp"]', False),
    ],
)
def test_a_low_password_floor_needs_a_second_factor_at_every_sign_in(
    folders: Folders, policy: str, accepted: bool
) -> None:
    folders.client("portal", f"{PORTAL}[policy]\n{policy}\n")

    assert paths(folders) == ([] if accepted else ["policy.password_floor"])


def test_a_floor_below_eight_is_allowed_and_warned_of(folders: Folders) -> None:
    """C-07"""
    folders.client("portal", f'{PORTAL}[policy]\npassword_floor = 6\nmethods = ["sms"]\n')

    contents = folders.read()

    assert contents.problems == ()
    assert [warning.path for warning in contents.warnings] == ["policy.password_floor"]


@pytest.mark.parametrize(
    ("policy", "warned"),
    [
        ('methods = ["totp", "passkey"]', ["policy.methods"]),
        ('methods = ["totp", "sms"]', []),
        ('second_step = "when-asked"', []),
    ],
)
def test_a_portal_where_nobody_can_sign_in_yet_is_pointed_out(folders: Folders, policy: str, warned: list[str]) -> None:
    folders.client("portal", f"{PORTAL}[policy]\n{policy}\n")

    assert [warning.path for warning in folders.read().warnings] == warned


@pytest.mark.parametrize(
    ("policy", "path"),
    [
        ("methods = []", "policy.methods"),
        ('methods = ["totp", "totp"]', "policy.methods"),
        ('methods = ["sms"]\nphone = "off"', "policy.phone"),
        ('sso_group = "shared"', "policy.sso_group"),
        ('prompt_create = "migration"', "policy.prompt_create"),
        ('legacy = { pattern = "(" }', "policy.legacy.pattern"),
        ('languages = ["fr", "rm"]', "policy.languages[1]"),
        ("refresh_idle = 9\nrefresh_absolute = 8", "policy.refresh_idle"),
    ],
)
def test_a_policy_that_cannot_be_meant_is_refused(folders: Folders, policy: str, path: str) -> None:
    folders.client("portal", f"{PORTAL}[policy]\n{policy}\n")

    assert paths(folders) == [path]


def test_a_topic_has_a_label_in_every_language(folders: Folders) -> None:
    """B-27"""
    folders.client("portal", f'{PORTAL}[[topics]]\nid = "payroll"\nlabel = {{ fr = "Salaires", de = "Löhne" }}\n')

    assert [str(problem) for problem in folders.read().problems] == [
        "clients/portal.toml: topics[0].label: the label is missing in en, it"
    ]
