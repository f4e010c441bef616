"""The portals and other clients of this provider, their policies and brands, read from files.

Owns the shape of a client's file and a brand's folder, the rules they must keep, and the registry that every request
reads. Knows nothing of people or of the protocol's messages.

Entry points: `registry.LiveRegistry.current()` gives the `registry.Registry` of the moment, and from it `client.Client`
(with its `policy.Policy`), `brand.Brand` and `brand.Fund`; `reconcile.reconcile` tells the database which clients
are left; `schema.document` describes the files to editors.
"""
