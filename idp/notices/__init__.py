"""Notices to people about their accounts: one module for each family.

A notice is the name of a message, its receiver and its values (`notice.tell`). It speaks the language of its receiver,
and goes to old and new address where there are both. `Occasion` says at which portal and on which page it came about.
Notices decide nothing and change nothing else: actions and journeys call them in the transaction of the change.
"""
