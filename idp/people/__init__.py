"""People: their identity, how they are reached, and the identifiers under which portals know them.

Owns persons (the stable `sub`), their one login e-mail address and one phone number, the identifiers portals gave
them, enrolments, accepted terms, and the accounts of legacy directories that wait for migration. Knows nothing of
passwords, sessions or pages; `idp.sessions` ends the access of a disabled person.

Entry points: `accounts.create/disable/enable/erase`, `lookup.by_identifier`, `emails`, `phones`,
`portal_identifiers`, `enrolments`, `terms`, `legacy`, `standard_claims.of_person`.
"""
