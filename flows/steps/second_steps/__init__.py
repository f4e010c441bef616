"""The methods of the second step of signing in, one file each: how it begins, what its page needs, how it is checked.

Knows nothing of the password before it or the session after it. Which method a person may use is decided by policy,
by what the person has, and by the assurance that is asked for.

Entry points: `METHODS` in `methods`, `method.Method`.
"""
