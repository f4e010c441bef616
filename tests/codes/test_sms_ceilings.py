"""Toll fraud has codes sent to many numbers: what one number may get is no bound for it."""

from dataclasses import replace

import pytest

from idp.codes import sms_ceilings
from idp.codes.rules import Purpose
from idp.codes.service import Destination, IssuedCode, UnsentCode
from idp.limits.rate_limit import Limiter
from idp.provider import Provider
from idp.settings import Limit
from idp.settings_loader import shipped_limits
from idp.upkeep import diagnosis, probes
from tests.codes.support import Codes

pytestmark = pytest.mark.both_databases

GAUGE = "idp_sms_day_used_ratio"


@pytest.fixture
def codes(codes: Codes) -> Codes:
    """Codes under ceilings that a test can reach: 3 to neighbours, 5 in all."""
    small = {"sms_prefix": Limit(times=3, window=86400), "sms_day": Limit(times=5, window=86400)}
    codes.limiter = Limiter({**shipped_limits(), **small})
    return codes


def send(codes: Codes, number: str, *, decoy: bool = False) -> IssuedCode | UnsentCode:
    to = Destination("sms", number)
    return codes.issue(purpose=Purpose.PHONE_PROOF, destination=to, bound_to=f"run of {number}", decoy=decoy)


def sent(codes: Codes, *numbers: str) -> list[bool]:
    return [isinstance(send(codes, number), IssuedCode) for number in numbers]


def test_neighbouring_numbers_share_a_ceiling(codes: Codes) -> None:
    """P61"""
    block = [f"+4179123456{digit}" for digit in range(4)]

    assert sent(codes, *block) == [True, True, True, False]
    assert sent(codes, "+41791299999") == [True]


def test_all_numbers_share_the_ceiling_of_the_day(codes: Codes) -> None:
    """P61"""
    far_apart = [f"+4179{digit}234567" for digit in range(6)]

    assert sent(codes, *far_apart) == [True] * 5 + [False]


def test_a_refusal_reads_like_that_of_any_limit_and_ends_after_a_day(codes: Codes) -> None:
    for digit in range(3):
        send(codes, f"+4179123456{digit}")

    refused = send(codes, "+41791234569")

    assert isinstance(refused, UnsentCode)
    assert refused.reason == "limited"
    codes.clock.forward(seconds=86400)
    assert sent(codes, "+41791234569") == [True]


def test_codes_that_are_typed_do_not_use_up_the_day(codes: Codes) -> None:
    for digit in range(8):
        number = f"+4179{digit}234567"
        assert sent(codes, number) == [True]
        typed = codes.mailbox.last(to=number).code
        codes.redeem(typed, purpose=Purpose.PHONE_PROOF, bound_to=f"run of {number}")


def test_codes_to_nobody_use_up_nothing(codes: Codes) -> None:
    """Who asks for people who do not exist keeps nobody from their codes"""
    assert all(isinstance(send(codes, f"+9991234567890{digit}", decoy=True), IssuedCode) for digit in range(8))

    assert sent(codes, "+41791234567") == [True]


def test_mails_count_against_no_ceiling(codes: Codes, provider: Provider) -> None:
    codes.issue()

    with provider.database.reading() as tx:
        assert sms_ceilings.share_used(tx, codes.limiter) == 0


def test_the_log_warns_before_the_day_is_used_up(codes: Codes, capsys: pytest.CaptureFixture[str]) -> None:
    sent(codes, *(f"+4179{digit}234567" for digit in range(3)))
    assert "sms_day_nearly_used_up" not in "".join(capsys.readouterr())

    sent(codes, "+41798234567")

    assert "sms_day_nearly_used_up" in "".join(capsys.readouterr())


def test_the_metric_and_the_doctor_tell_of_it(codes: Codes, provider: Provider) -> None:
    provider = replace(provider, limiter=codes.limiter)
    assert list(diagnosis.sms(provider)) == []
    sent(codes, *(f"+4179{digit}234567" for digit in range(4)))

    assert probes.gauges(provider)[GAUGE]() == 0.8
    assert [(found.check, found.verdict) for found in diagnosis.sms(provider)] == [("SMS", diagnosis.WEAK)]
