"""Every one-time code: by mail, by SMS, typed after a link, spoken to an administrator.

Owns the table of codes, the rules per purpose, and how typed codes are read. Knows nothing of journeys, pages or
people: a code belongs to a purpose and to whatever its `bound_to` names (a run, mostly). Codes that are printed in
letters and invitations live in `idp.invitations`.

Entry points: `rules.RULES`, `service.issue`, `service.issue_decoy`, `service.take_attempt`, `service.redeem`,
`service.live`, `service.cancel`, `service.undelivered`.
"""
