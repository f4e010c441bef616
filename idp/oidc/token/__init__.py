"""The token endpoint: one POST, one grant, tokens.

Owns the table of grants. The endpoint does what every grant needs (strict form, client
authentication, permission, answer); a grant is one function from a typed request to what it proved, one file each.

Entry points: `endpoint.TOKEN` (the blueprint), `endpoint.GRANTS`.
"""
