"""A whole installation for experiments: three nodes behind nginx, two workers, PostgreSQL, and people who sign in.

`rolling` upgrades it and rotates its secrets while people sign in; `chaos` breaks it. Both keep a ledger of everything
that was acknowledged, and compare it at the end with the database, the mail server, the SMS gateway and the portal.
"""
