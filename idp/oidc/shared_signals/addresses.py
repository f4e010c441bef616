"""The addresses of the transmitter, and its metadata (Shared Signals Framework 1.0 §7.1), computed from them."""

METADATA = "/.well-known/ssf-configuration"
STREAM = "/ssf/stream"
STATUS = "/ssf/status"
ADD_SUBJECT = "/ssf/subjects/add"
REMOVE_SUBJECT = "/ssf/subjects/remove"
VERIFICATION = "/ssf/verification"
POLL = "/ssf/poll"

PUSH_METHOD, POLL_METHOD = "urn:ietf:rfc:8935", "urn:ietf:rfc:8936"
OAUTH = "urn:ietf:rfc:6749"


def metadata(issuer: str, jwks: str) -> dict[str, object]:
    """Return what receivers discover. `default_subjects`: all people whom the client knows."""
    return {
        "spec_version": "1_0",
        "issuer": issuer,
        "jwks_uri": issuer + jwks,
        "delivery_methods_supported": [PUSH_METHOD, POLL_METHOD],
        "configuration_endpoint": issuer + STREAM,
        "status_endpoint": issuer + STATUS,
        "add_subject_endpoint": issuer + ADD_SUBJECT,
        "remove_subject_endpoint": issuer + REMOVE_SUBJECT,
        "verification_endpoint": issuer + VERIFICATION,
        "authorization_schemes": [{"spec_urn": OAUTH}],
        "default_subjects": "ALL",
    }
