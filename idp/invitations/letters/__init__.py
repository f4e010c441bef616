"""Paper: the letters that carry a registration code, and the file a print shop makes its own letters from.

Owns what a letter says (`content`), where things stand on the page (`page`), the tagged PDF (`document`) and the run
that draws codes and writes files in bounded parts (`print_run`). Does not know pages or journeys.

Entry point: `print_run`, whose parts the `idp letters` command puts together.
"""
