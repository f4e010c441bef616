"""The authorization endpoint, from raw parameters to a code.

`resolution` finds the request (in the address, pushed, or in a request object), `validation` makes its `context` and
runs the table of `checks`, `evaluation` evaluates the table of `requirements`, `suspension` carries the request through
a journey, `issuing` writes the code and `respond` every answer. Resuming after a journey runs the same code again.

Knows nothing of passwords, codes or pages of journeys: it asks persisted state and names a journey.
"""
