"""A person's own pages: signed-in people see and change their account.

Entry points: `pages.blueprint`, the addresses; `rooms.ROOMS`, the menu.
"""
