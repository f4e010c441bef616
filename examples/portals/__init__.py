"""The four sample portals: one small relying party, four configurations.

They show how a portal uses the provider by OpenID Connect only: sign-in with PKCE, `state`, `nonce` and `iss`; step-up
(RFC 9470); RP-initiated, back-channel and third-party-initiated logout and login. They know nothing of the provider's
code and share no database with it.

Entry points: `python -m examples.portals --issuer <issuer>`, and `application.create_portal` for tests.
"""
