"""`python -m idp`: the operator's command line where the console script is not on the path."""

from idp.commands import main

main(prog_name="idp")
