"""Everything that leaves the provider on its own: mails, SMS, logout notices, calls to web-hooks.

Owns the outbox (sealed rows written in the transaction that causes them), the worker that delivers it, the
transports, the words of every message, and the health of each channel. Knows nothing of codes, people or sessions:
what a delivery of another kind does is handed to the worker as a function.

Entry points: `outbox.enqueue`, `outbox.enqueue_call`, `worker.Worker`, `catalogue.CATALOGUE`, `composer.Composer`,
`health.channel_state`, `inbox` (development and tests).
"""
