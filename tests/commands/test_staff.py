"""`idp staff`: the first supervisor has to come from somewhere."""

import pytest

from tests.commands.conftest import CommandLine
from tests.support.clock import MovableClock
from tests.support.inbox import Mailbox

CLAIRE = ("claire@fund.example.ch", "--name", "Claire Favre")
REASON = ("--reason", "test")


def test_an_invitation_is_mailed_and_listed(idp: CommandLine, mailbox: Mailbox) -> None:
    done = idp("staff", "invite", *CLAIRE, "--role", "supervisor", "--fund", "ak01", *REASON)

    assert done.exit_code == 0, done.output
    assert "/desk/invitation/" in mailbox.last("claire@fund.example.ch").link
    assert "supervisor at AK01" in idp("staff", "list").output


@pytest.mark.parametrize(
    ("where", "fault"),
    [
        (("--role", "clerk"), "needs a fund or a portal"),
        (("--role", "clerk", "--fund", "AK99"), "lists the fund 'AK99'"),
        (("--role", "clerk", "--portal", "nowhere"), "no portal 'nowhere'"),
        (("--role", "operator", "--fund", "AK01"), "belongs to no fund"),
        (("--role", "king", "--fund", "AK01"), "king"),
    ],
)
def test_a_role_without_its_place_is_refused_in_a_sentence(
    idp: CommandLine, where: tuple[str, ...], fault: str
) -> None:
    refused = idp("staff", "invite", *CLAIRE, *where, *REASON)

    assert refused.exit_code == 2
    assert fault in " ".join(refused.output.split())


def test_roles_are_replaced_and_taken_away(idp: CommandLine, clock: MovableClock) -> None:
    idp("staff", "invite", *CLAIRE, "--role", "clerk", "--fund", "AK01", *REASON)
    clock.forward(minutes=2)
    idp("staff", "invite", *CLAIRE, "--role", "operator", *REASON)
    assert "clerk at AK01; operator" in idp("staff", "list").output

    idp("staff", "roles", CLAIRE[0], "--role", "reader", "--portal", "connect", *REASON)
    assert "reader at connect" in idp("staff", "list").output

    assert idp("staff", "roles", CLAIRE[0], *REASON).output == "no role any more\n"


def test_a_removed_address_is_free_and_leaves_the_list(idp: CommandLine) -> None:
    idp("staff", "invite", *CLAIRE, "--role", "clerk", "--fund", "AK01", *REASON)
    assert idp("staff", "disable", CLAIRE[0], *REASON).exit_code == 0
    assert idp("staff", "disable", CLAIRE[0], *REASON).exit_code == 1

    assert idp("staff", "remove", CLAIRE[0], *REASON).exit_code == 0

    assert "claire" not in idp("staff", "list").output
    assert idp("staff", "remove", CLAIRE[0], *REASON).exit_code == 1
