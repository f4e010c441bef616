"""Unattended maintenance of an installation: retention, unused accounts, keys, client files, hashes.

Owns when chores are due; the work itself is in the packages that own the rows. Knows no web request.

Entry points: `chores.ALL`, `runner.Upkeep`, `retention.purge`.
"""
