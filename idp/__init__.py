"""The provider: state and rules of accounts, sessions and tokens.

Owns every table and every rule. Knows nothing of `flows` (what a person goes through on screen).
Packages import only packages to their right:

    web, interaction, oidc → actions → notices → sessions → grants → credentials → invitations → organisations → people
    → codes → limits → messages → clients → signing_keys → audit → database → settings, clock, opaque

Entry points: `idp.app.create_app`, and `idp.commands` for operators.
"""
