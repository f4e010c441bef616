"""People: who somebody is, how they are reached, and under which identifiers portals know them.

Owns persons (the stable `sub`), their one login e-mail address and one phone number, the identifiers portals gave
them, enrolments, accepted terms, and the accounts of legacy directories that wait for migration. Knows nothing of
passwords, sessions or pages; destroying the access of a disabled person is done further left, by `idp.sessions`.

Entry points: `accounts.create/disable/enable/erase`, `lookup.by_identifier`, `emails`, `phones`,
`portal_identifiers`, `enrolments`, `terms`, `legacy`, `standard_claims.of_person`.
"""
