"""The authorization endpoint: three lists, each readable on one screen.

`checks.PAGE_CHECKS` (a fault is shown to the person), `checks.CHECKS` (a fault is sent to the client) and
`requirements.REQUIREMENTS` (what the person still has to do). `request` reads what was sent, `respond` is the one
writer of answers, `endpoint` ties them together; resuming after a journey runs the very same code.

Knows nothing of passwords, codes or pages of journeys: it asks persisted state and names a journey.
"""
