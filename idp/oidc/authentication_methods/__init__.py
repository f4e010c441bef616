"""One client authentication method per file: a function that proves the client, or raises `InvalidClient`.

Methods verify only. They return a value to remember (a `jti`), which the endpoint spends in its transaction.
"""
