"""Registration codes: what a letter, or the invitation of a company, carries so that a person may open an account.

Owns the codes with their states, the letters (PDF and print-shop file), the campaigns that make many of them, and
the invitations sent by mail. Does not know which pages ask for a code, what is created with it, or how guessing is
slowed: the caller debits its limits before `redemption.open_code`.

Entry points: `issuing.issue`, or `issuing.draw` and `issuing.store`, `redemption.open_code`, `redemption.find` and
`redemption.spend`, `withdrawal.withdraw`, `status.of_subject` for the desk, `mail_invitation.send`, and
`letters.print_run` for paper.
"""
