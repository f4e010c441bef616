"""SCIM 2.0 for companies (`/scim/v2`; RFC 7643, RFC 7644): a company's directory manages its own members.

Owns the protocol: who calls (`caller`), schemas, filters, PATCH, versions and errors. Users are members of one company,
groups are the topics of its portal. All that changes is done by the actions of `idp.actions.scim_users`, with the
directory as the author. A token sees its own company; nothing else exists for it. It knows no page and no journey.

Entry point: `endpoint.blueprint`.
"""
