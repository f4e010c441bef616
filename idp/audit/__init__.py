"""The audit trail: each event with its person, author, origin and result.

Owns the catalogue of events and the append-only table. Knows nothing of pages. Events are recorded in the function
that changes the state, in the same transaction. They hold ids and reasons, never codes, tokens or clear addresses.

Entry points: `idp.audit.log.record`, the event classes of `idp.audit.events`.
"""
