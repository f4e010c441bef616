"""Staff of the desk: their accounts, their appointments, and the queries that answer them.

Owns the accounts of staff (`accounts`), their passkeys and sessions, their appointments (`appointments`: a role at a
fund or portal, and the one table of what a role allows), the looks they took (`looks`), and every query of the desk:
each takes the staff's `Scope` as an argument, so that nothing of another fund is found, counted or guessed.

Staff are not people: no password, no sign-in at a portal, no session shared with one (rulings 40). What they do to an
account is in `idp.actions`. It knows no page and no request.
"""
