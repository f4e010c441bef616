"""Dynamic client registration (RFC 7591, OpenID Connect Registration) and its management (RFC 7592).

Owns the endpoint and the metadata that registrants may send. Initial access tokens decide who may register;
the client named by `registration.like` sets the most that a registered client may do. The rows belong to
`idp.clients.registered`, where the registry finds them.

Entry points: `endpoint.blueprint`, `metadata.understand`.
"""
