"""Sessions of signed-in people: one per SSO group of portals and browser, kept in the database.

Owns session rows, their cookies, the browser cookie, the browsers a person is known in, and the rule from proofs to
`acr`. Ending a session reaches `idp.grants.end_access`, so that portals are notified.

Entry points: `session.find/touch`, `signing_in.start`, `ending.end/end_all`, `disabling.disable`, `erasure.erase`,
`cookie`, `assurance.of_proofs`, `known_browsers`.
"""
