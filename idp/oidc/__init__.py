"""The protocol on the wire: requests of clients and the answers to them.

Owns the endpoints of OAuth 2.0 and OpenID Connect, their tables of checks, requirements, grants and client
authentication methods, and the documents computed from those tables. It has no table in the database: `idp.grants`
stores its artefacts. It knows no journey: a person with an unmet requirement is handed over through
`idp.interaction` and comes back to `/authorize/resume`.

Entry points: the blueprints of `authorize.endpoint`, `token.endpoint`, `discovery`, `jwks`, `userinfo`,
`introspection`, `revocation`, `end_session`; every refusal is an `errors.OAuthError`.
"""
