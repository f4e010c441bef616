"""People who come from elsewhere: a former directory, a customer file, the register of a fund.

Owns how files are read (a million lines with flat memory, every bad line named, the rest loaded, safe to run again),
how their values are understood, and the wrapping of imported fast hashes. Does not know pages or journeys.

Entry points: `legacy_accounts.LegacyAccounts`, `customers.Customers` and `insured_persons.InsuredPersons`, each run by
`run.load`; `wrapping.wrap_some`, which the worker repeats.
"""
