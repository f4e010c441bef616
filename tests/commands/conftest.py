"""The command line on the test's own database, clock and settings."""

import pytest
from click.testing import CliRunner, Result

from idp.commands import main
from idp.commands.context import Context
from idp.provider import Provider
from idp.settings import Settings


class CommandLine:
    """Runs `idp …` and hands back what it printed and its exit status."""

    def __init__(self, settings: Settings, provider: Provider) -> None:
        self._context = Context()
        self._context.__dict__.update(settings=settings, provider=provider)

    def __call__(self, *words: str, stdin: str | bytes = "") -> Result:
        return CliRunner().invoke(main, list(words), obj=self._context, input=stdin)


@pytest.fixture
def idp(settings: Settings, provider: Provider) -> CommandLine:
    return CommandLine(settings, provider)
