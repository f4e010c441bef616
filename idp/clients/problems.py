"""Problems of a file, described so that one look at the file is enough to repair it."""

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True, order=True)
class FileProblem:
    """`file` relative to the configuration, `path` dotted (`policy.recovery.fields[0]`), `message` a sentence."""

    file: str
    path: str
    message: str

    def __str__(self) -> str:
        return f"{self.file}: {self.path}: {self.message}" if self.path else f"{self.file}: {self.message}"


class InvalidFiles(Exception):
    """The client and brand files cannot be used; the message lists every problem, one a line."""

    def __init__(self, problems: Sequence[FileProblem]) -> None:
        super().__init__("\n".join(str(problem) for problem in problems))
        self.problems = tuple(problems)
