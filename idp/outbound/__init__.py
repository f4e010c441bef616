"""Every HTTP call that the provider makes, to portals, gateways and directories, goes through one guarded client.

Owns the reach (SSRF), the time, the size, the number of calls at once, and the circuit breaker. Knows nothing of what
is being asked: callers say who is called and for which purpose (`client.Recipient`).

Entry points: `client.Outbound` (the provider's `outbound`), `client.Recipient`, `exchange.OutboundFailed`,
`breaker` (the rule of circuits, also for the ones that `idp.messages` keeps in the database).
"""
