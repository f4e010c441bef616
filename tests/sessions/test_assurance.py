"""From proofs to `acr` and `amr`."""

import pytest

from idp.methods import EMAIL, ORDER, PASSKEY, PASSWORD, RECOVERY, SMS, TOTP
from idp.sessions.assurance import Assurance, methods_behind, of_proofs, satisfies


@pytest.mark.parametrize(
    ("proofs", "acr", "amr"),
    [
        ({PASSWORD}, "password", ("pwd",)),
        ({PASSWORD, EMAIL}, "two-step", ("pwd", "email")),
        ({PASSWORD, SMS}, "mfa", ("pwd", "sms", "mfa")),
        ({PASSWORD, TOTP}, "mfa", ("pwd", "otp", "mfa")),
        ({PASSWORD, RECOVERY}, "mfa", ("pwd", "otp", "mfa")),
        ({PASSWORD, EMAIL, SMS}, "mfa", ("pwd", "email", "sms", "mfa")),
        ({PASSKEY}, "phr", ("swk", "user", "mfa")),
        ({PASSWORD, PASSKEY}, "phr", ("pwd", "swk", "user", "mfa")),
    ],
)
def test_proofs_amount_to_what_they_really_are(proofs: set[str], acr: str, amr: tuple[str, ...]) -> None:
    """A-16, B-08; `mfa` only for two real factors: a mail code is none"""
    assert of_proofs(frozenset(proofs)) == Assurance(acr, amr)


@pytest.mark.parametrize("proofs", [set(), {EMAIL}, {SMS}, {TOTP, RECOVERY}])
def test_no_second_step_stands_alone(proofs: set[str]) -> None:
    """X-25"""
    with pytest.raises(ValueError, match="begins with"):
        of_proofs(frozenset(proofs))


@pytest.mark.parametrize("proofs", [{PASSWORD}, {PASSWORD, EMAIL}, {PASSWORD, SMS}, {PASSWORD, TOTP, EMAIL}, {PASSKEY}])
def test_the_proofs_of_a_session_can_be_added_to(proofs: set[str]) -> None:
    before = of_proofs(frozenset(proofs))

    assert of_proofs(methods_behind(before.amr)) == before
    assert of_proofs(methods_behind(before.amr) | {PASSKEY}).acr == "phr"


def test_a_recovery_code_is_not_told_from_an_authenticator_afterwards() -> None:
    """RFC 8176 §2: both are `otp`"""
    assert methods_behind(of_proofs(frozenset({PASSWORD, RECOVERY})).amr) == {PASSWORD, TOTP}


def test_a_stronger_sign_in_satisfies_a_weaker_demand() -> None:
    """X-24"""
    for have, strength in zip(ORDER, range(len(ORDER)), strict=True):
        assert [satisfies(have, wanted) for wanted in ORDER] == [wanted <= strength for wanted in range(len(ORDER))]


@pytest.mark.parametrize(("acr", "wanted"), [("phr", "unknown"), ("unknown", "password"), ("phr", ""), ("", "")])
def test_unknown_values_are_never_satisfied(acr: str, wanted: str) -> None:
    assert not satisfies(acr, wanted)
