"""The transmitter of the Shared Signals Framework 1.0 on the wire: its metadata, the management of streams, polling.

A client manages its own stream with its own access token (scopes `ssf.read` and `ssf.manage`). What it may hear and
where it is pushed to stands in its file: the API asks for less, pauses, and verifies. The state is `idp.events`.

Entry point: `endpoint.blueprint`.
"""
