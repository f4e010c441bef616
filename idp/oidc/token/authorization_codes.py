"""Authorization codes: 256 random bits, 60 seconds, one use (RFC 6749 §4.1.2, RFC 9700 §2.1.1).

- The code is stored as its fingerprint, with everything the tokens will say.
- One conditional UPDATE spends it, so that of any number of parallel uses one wins.
- The spent row stays until its family cannot live any more: a second use revokes what the first one issued.
"""

from idp.database import Transaction
from idp.grants.authorization import Authorization


def issue(
    tx: Transaction,
    authorization: Authorization,
    *,
    redirect_uri: str,
    code_challenge: str = "",
    dpop_jkt: str = "",
) -> str:
    """A fresh code for this authorization.

    `redirect_uri` is the parameter as the client sent it (empty if it sent none), `code_challenge` the S256 challenge
    (empty only where the client may go without), `dpop_jkt` the thumbprint the code is bound to (RFC 9449 §10).
    """
    raise NotImplementedError
