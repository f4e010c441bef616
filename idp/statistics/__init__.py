"""Figures of what happened, per portal and fund, by the hour and by the day: what an overview shows.

Owns the table of figures, which events count as what, and how far the audit trail was read. The worker adds a figure
up once; nobody who looks at an overview reads the audit trail. Does not know pages, and names no person.

Entry points: `keeping.keep` for the worker, `figures.read` and `figures.sums` for those who look.
"""
