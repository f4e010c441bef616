"""A person's own pages: who is signed in sees and changes what belongs to their account.

Entry points: `pages.blueprint`, the addresses; `rooms.ROOMS`, the menu.
"""
