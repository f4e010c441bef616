"""Named limits, counted in the database so that every node sees the same count.

Owns the table of hits and the rule that turns them into "allowed" or "come back at". Knows nothing of what is being
limited: callers name a limit of the settings (`[limits.<name>]`) and the keys it is counted by.

Entry points: `rate_limit.Limiter` (the provider's `limiter`), `rate_limit.refund`, `reset`; `networks`;
`recent_failures.RecentFailures` (whether a success has to ask for its count at all).
"""
