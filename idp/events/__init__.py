"""Events that leave for others: security events of people to portals, web-hooks to a fund's programs.

Owns the streams (OpenID Shared Signals Framework 1.0), the observer that turns what a transaction was told into events
for the clients that know the person, the events kept for those who fetch them, and both deliveries of the outbox.

An event is written in the transaction that causes it, and delivered at least once with the same identifier. Nothing
calls this package to announce something: it hears the audit trail (docs/decisions/0018).

Entry points: `transmission.Transmission`, `push.SecurityEventPush`, `streams.follow`, `kept_events`,
`webhooks.WebhookAnnouncement`, `webhook_delivery.WebhookDelivery`.
"""
