"""Dynamic client registration (RFC 7591, OpenID Connect Registration) and its management (RFC 7592).

Owns the endpoint and the metadata that registrants may send. Initial access tokens decide who may register;
what a registered client may do at most is what the client named by `registration.like` may. The rows belong to
`idp.clients.registered`, where the registry finds them.

Entry points: `endpoint.blueprint`, `metadata.understand`.
"""
