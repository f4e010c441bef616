"""What a person has allowed, and everything that lives from it until it is ended.

Owns the consents, the sessions of a person at each client (`sid`), the token families with their refresh tokens,
the pairwise subjects, the devices that wait to be let in, and the one function that ends access. Knows no wire format
and no page: `idp.oidc` turns what is here into tokens, `idp.sessions` calls `end_access` when a session ends.

Entry points: `authorization.Authorization`, `consents`, `subjects.subject_of`, `client_sessions.open_session`,
`refresh_families`, `device_codes`, `end_access.end_access`.
"""
