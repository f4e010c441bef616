"""The authorizations that people gave, and every stored artefact that depends on one until it ends.

Owns the stored artefacts of the protocol: pushed requests, waiting devices, authorization codes, stored access tokens,
refresh families, spent identifiers, consents, pairwise subjects, and the session of a person at each client (`sid`).
It has no endpoint and no page: `idp.oidc` turns these artefacts into answers, `idp.sessions` calls `end_access` when a
session ends.

Entry points: `raw_parameters.RawParameters`, `authorization.Authorization`, `authorization_codes`, `refresh_families`,
`access_tokens`, `pushed_requests`, `device_codes`, `spent_identifiers`, `consents`, `subjects.subject_of`,
`client_sessions.open_session`, `end_access.end_access`.
"""
