"""Actions on accounts, access, companies and letters: each is complete and can be called without a page.

Owns the author of a change (`actor`) and one module for each action or small family. An action changes the state, ends
the access that rests on it (sessions, tokens, codes; portals are notified), queues the notice, and records the author
and reason. Screens, commands and programs call it; nothing else writes these states (`tests/rules/test_actions.py`).

An action takes the transaction, the parts it needs, the person concerned, `by` (an `Actor`) and a `reason`. An expected
refusal is a value. It knows no page, no request and no run.
"""
