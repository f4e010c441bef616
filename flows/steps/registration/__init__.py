"""The steps of opening an account with a code on paper or in a mail: insured persons, administrators, invited users.

Owns what a registration code opens, its page, the account's form and the one place that writes it all. Does not know
the order of the pages, nor how letters and invitations are made.

Entry points: `code.AskRegistrationCode`, `mailbox.MailboxCode`, `account.OpenAccount`, `conclusion.conclude` with its
two steps `conclusion.ConcludingCode` and `conclusion.Review`.
"""
