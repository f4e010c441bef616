"""Organisations (companies, funds' members) and the people who may act for them.

Owns organisations, memberships with their rights, the organisation a person chose at a portal, and the journal of an
organisation. Knows nothing of invitations as messages: `idp.invitations` sends them and names the membership.

Entry points: `organisation.register`, `memberships.invite/accept/join/change_rights/deactivate/reactivate`,
`permissions.administers`, `organisation_claims.for_claims`, `entry.lets_in`,
`opened_portals.portals_opened_by`, `chosen`, `journal.entries`.
"""
