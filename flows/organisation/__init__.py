"""A company's own administration: who may use the portal in its name, with which rights (journeys B.2 and B.3).

Owns the pages under `/organisations/<id>/users` and the journeys that start there. Each of them asks with every request
whether the person administers the company (`administration`). Does not know how an invitation is accepted.

Entry points: `pages.blueprint`, and the journeys `inviting.NEW_USER`, `editing.EDIT_USER`, `phone.USER_PHONE`,
`directory_token.NEW_DIRECTORY_TOKEN`.
"""
