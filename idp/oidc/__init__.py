"""The protocol: what clients say to the provider and what it answers, on the wire.

Owns the endpoints of OAuth 2.0 and OpenID Connect, their tables of checks, requirements, grants and client
authentication methods, and the documents computed from those tables. Knows no journey: a person who has something
left to do is handed over through `idp.interaction` and comes back to `/authorize/resume`.

Entry points: the blueprints of `authorize.endpoint`, `token.endpoint`, `discovery`, `jwks`, `userinfo`,
`introspection`, `revocation`, `end_session`; every refusal is an `errors.OAuthError`.
"""
