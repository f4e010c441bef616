"""The support desk: pages for staff, who sign in with passkeys and find only what is of their fund or portal.

One file a screen. `visit` lets staff in and says what they may do; `rooms` are the pages of the menu. `idp.staff` owns
what staff are and find, and `idp.actions` what they do to an account.
"""
