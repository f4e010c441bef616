"""`idp_sign_in_total{method,result}`: how often signing in ended how.

It is counted where the event is recorded, so that metric and audit trail cannot tell two stories. A transaction that is
undone afterwards has been counted all the same.
"""

from prometheus_client import Counter

from idp.audit.events.codes import CodeRefused
from idp.audit.events.event import Event
from idp.audit.events.sign_in import Reauthenticated, SignedIn, SignInBlocked, SignInDelayed, SignInRefused

SIGN_INS = Counter("idp_sign_in", "Ends of sign-ins and of tries, by method and result.", ["method", "result"])

OF_PURPOSE = {"sign_in_mail": "email", "sign_in_sms": "sms"}
ANY = "any"


def count(event: Event) -> None:
    """Count the event if it is the end of a sign-in, or of a try."""
    match event:
        case SignedIn() | Reauthenticated():
            SIGN_INS.labels("+".join(event.methods), "signed_in").inc()
        case SignInRefused():
            SIGN_INS.labels(event.factor, "refused").inc()
        case CodeRefused() if event.purpose in OF_PURPOSE:
            SIGN_INS.labels(OF_PURPOSE[event.purpose], "refused").inc()
        case SignInDelayed():
            SIGN_INS.labels("password", "delayed").inc()
        case SignInBlocked():
            SIGN_INS.labels(ANY, "blocked").inc()
