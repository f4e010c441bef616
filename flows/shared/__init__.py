"""Parts of screens, methods and journeys that several of them need: facts, form fields, sent codes, sessions, limits.

No screen and no journey is here. Entry points: the functions of each module, called with the run they are for, and
`Facts`, the facts that journeys share.
"""
