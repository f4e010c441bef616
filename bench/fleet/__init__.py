"""A whole installation for experiments with its processes: nodes, workers, PostgreSQL, a mail server, people.

`rolling` upgrades it while people sign in; `chaos` breaks it. Both keep a ledger of everything that was acknowledged,
and reconcile it with the database and the mail server at the end.
"""
