"""The operator's command line, `idp`: one module per group of commands.

Owns how operators type and read things; every rule is in the packages it calls. Every command has an example in its
help, refuses bad input in a sentence, and says with its exit status whether it worked.

Entry point: `idp.commands.main`.
"""

from idp.commands.program import main

__all__ = ["main"]
