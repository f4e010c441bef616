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
    assert policy.letters.second_knowledge == "none"
    assert policy.access_token_format == "opaque"


@pytest.mark.parametrize(
    ("policy", "accepted"),
    [
        ('password_floor = 8\nmethods = ["sms", "totp"]', True),
        ('password_floor = 8\nmethods = ["sms", "email"]', False),
        ('password_floor = 8\nsecond_step = "when-asked"', False),
        ('password_floor = 11\nmethods = ["email"]', False),
        ('password_floor = 12\nmethods = ["email"]', True),
        ('password_floor = 5\nmethods = ["sms"]', False),
    ],
)
def test_a_low_password_floor_needs_a_second_factor_at_every_sign_in(
    folders: Folders, policy: str, accepted: bool
) -> None:
    folders.client("portal", f"{PORTAL}[policy]\n{policy}\n")

    assert paths(folders) == ([] if accepted else ["policy.password_floor"])


def test_a_floor_below_eight_is_allowed_and_warned_of(folders: Folders) -> None:
    """C-07"""
    folders.client("portal", f'{PORTAL}[policy]\npassword_floor = 6\nmethods = ["sms", "totp"]\n')

    contents = folders.read()

    assert contents.problems == ()
    assert [warning.path for warning in contents.warnings] == ["policy.password_floor"]


def test_a_portal_for_people_with_mobile_phones_only_is_warned_of(folders: Folders) -> None:
    """X-31: at least one other way must exist"""
    folders.client("portal", f'{PORTAL}[policy]\nmethods = ["sms"]\n')

    assert [warning.path for warning in folders.read().warnings] == ["policy.methods"]


def test_a_phone_is_spared_only_where_something_stands_for_it(folders: Folders) -> None:
    """X-31"""
    folders.client("portal", f'{PORTAL}[policy]\nmethods = ["sms", "recovery"]\nwithout_phone = true\n')

    assert [problem.path for problem in folders.read().problems] == ["policy.without_phone"]


@pytest.mark.parametrize(
    ("policy", "faults"),
    [
        ("methods = []", ["policy.methods"]),
        ('second_step = "when-asked"\nmethods = []', ["policy.methods"]),
        ('methods = ["passkey"]', []),
        ('methods = ["totp", "passkey"]', []),
        ('second_step = "never"\nmethods = []', []),
    ],
)
def test_a_portal_where_nobody_can_sign_in_is_refused(folders: Folders, policy: str, faults: list[str]) -> None:
    folders.client("portal", f"{PORTAL}[policy]\n{policy}\n")

    assert paths(folders) == faults


APP = 'client_name = "App"\napplication_type = "native"\ntoken_endpoint_auth_method = "none"\n'


@pytest.mark.parametrize(
    ("text", "warned"),
    [
        (PORTAL, []),
        (f"{PORTAL}require_pkce = false", ["require_pkce"]),
        (f'{PORTAL}[policy]\nsecond_step = "when-asked"\npassword_floor = 15', ["policy.second_step"]),
        (f'{PORTAL}[policy]\nsecond_step = "never"\npassword_floor = 15', ["policy.second_step"]),
        (f'{PORTAL}[policy]\nmethods = ["sms", "email"]\npassword_floor = 14', ["policy.password_floor"]),
        (f'{PORTAL}[policy]\nmethods = ["sms", "email"]\npassword_floor = 15', []),
        (f'{PORTAL}[policy]\nconsent = "skip"', []),
        (f'{APP}redirect_uris = ["com.example.app:/cb"]\n[policy]\nconsent = "skip"', ["policy.consent"]),
        (f'{APP}redirect_uris = ["com.example.app:/cb"]\n[policy]\nconsent = "ask"', []),
    ],
)
def test_a_weak_policy_says_so(folders: Folders, text: str, warned: list[str]) -> None:
    """NIST SP 800-63B-4 §3.1.1.2: 15 characters where the password stands alone; RFC 9700 §2.1.1: PKCE"""
    folders.client("portal", text + "\n")

    contents = folders.read()

    assert contents.problems == ()
    assert [warning.path for warning in contents.warnings] == warned


def test_a_reason_that_is_written_down_silences_a_warning(folders: Folders) -> None:
    weak = f'{PORTAL}require_pkce = false\n[policy.accepted_risks]\n"require_pkce" = '
    folders.client("portal", f'{weak}"The portal keeps its codes for a second only."\n')

    contents = folders.read()

    assert contents.problems == ()
    assert contents.warnings == ()


@pytest.mark.parametrize("line", ['require_pkce = ""', 'scope = "no reason to give one"'])
def test_a_reason_is_a_text_about_something_weak(folders: Folders, line: str) -> None:
    folders.client("portal", f"{PORTAL}require_pkce = false\n[policy.accepted_risks]\n{line}\n")

    assert paths(folders) == [f"policy.accepted_risks.{line.split(' ')[0]}"]


@pytest.mark.parametrize(
    ("codes", "path"),
    [
        ("sign_in_sms = { length = 5 }", "policy.codes.sign_in_sms"),
        ("sign_in_sms = { length = 6 }", ""),
        ('recovery_sms = { length = 5, alphabet = "mixed-case" }', ""),
        ("mail_link_code = { length = 5 }", ""),
        ('mail_link_code = { length = 5, alphabet = "digits" }', "policy.codes.mail_link_code"),
        ("sign_in_fax = { lifetime = 60 }", "policy.codes.sign_in_fax"),
        ("sign_in_mail = { lifetime = 601 }", "policy.codes.sign_in_mail.lifetime"),
    ],
)
def test_codes_are_known_short_lived_and_not_easy_to_guess(folders: Folders, codes: str, path: str) -> None:
    """NIST SP 800-63B-4 §3.1.3.2: six digits at least"""
    folders.client("portal", f"{PORTAL}[policy.codes]\n{codes}\n")

    assert paths(folders) == ([path] if path else [])


@pytest.mark.parametrize(
    ("policy", "path"),
    [
        ("methods = []", "policy.methods"),
        ('methods = ["sms", "sms"]', "policy.methods"),
        ('methods = ["sms"]\nphone = "off"', "policy.phone"),
        ('sso_group = "shared"', "policy.sso_group"),
        ('prompt_create = "migration"', "policy.prompt_create"),
        ('legacy = { pattern = "(" }', "policy.legacy.pattern"),
        ('languages = ["fr", "rm"]', "policy.languages[1]"),
        ("refresh_absolute = 1_000_000_000", "policy.refresh_absolute"),
        ("recovery = { cooldown = 1_000_000_000 }", "policy.recovery.cooldown"),
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


def test_the_need_for_an_account_is_said_in_every_language(folders: Folders) -> None:
    reason = '{ fr = "Il reste des décomptes.", de = "Offene Abrechnungen." }'
    folders.client("portal", f"{PORTAL}[policy]\naccount_needed = {reason}\n")

    assert [str(problem) for problem in folders.read().problems] == [
        "clients/portal.toml: policy.account_needed: the reason is missing in en, it"
    ]
