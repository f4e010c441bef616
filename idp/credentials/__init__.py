"""Credentials: the things with which a person proves their identity.

Owns how passwords are normalised, judged, hashed and verified (imported ones included), the one password of a person,
and passwords that wait for an account to exist. Knows nothing of sessions, limits or pages: an attempt is debited
before `Hasher.verify` is called, outside any transaction.

Entry points: `hasher.Hasher`, `quality.Quality`, `breached.build`, `passwords.current/replace`, `pending.keep/take`.
"""
