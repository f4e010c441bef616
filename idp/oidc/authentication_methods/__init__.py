"""One client authentication method per file: a function that proves the client, or raises `InvalidClient`.

Methods verify only. What must be remembered (a `jti`) is handed back and spent by the endpoint in its transaction.
"""
