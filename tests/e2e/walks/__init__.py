"""Every journey once, as one person walks it in a real browser.

A walk is a generator: it yields the name of each page as that page is shown, and goes on when asked. What is done at a
page is the caller's: nothing (the journey works), axe (it is accessible), a picture (`tests.screens`). A visitor who
stumbles also makes a mistake on every page first, and sees it with its errors (`<name>-error`).

Entry points: `visitor.Visitor` and its kinds; `migration`, `registration`, `recovery`, `organisation`, `signing_in`.
"""
