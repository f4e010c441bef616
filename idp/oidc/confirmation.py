"""The binding of a token (RFC 7800): a DPoP key (RFC 9449 §6), a client certificate (RFC 8705 §3.1), or none."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Confirmation:
    """SHA-256 thumbprints in base64url; at most one is set."""

    jkt: str = ""
    certificate: str = ""

    @property
    def thumbprint(self) -> str:
        """Of whichever it is, empty for none."""
        return self.jkt or self.certificate

    @property
    def claim(self) -> dict[str, str]:
        """The value of `cnf`, empty for a bearer token."""
        if self.jkt:
            return {"jkt": self.jkt}
        return {"x5t#S256": self.certificate} if self.certificate else {}

    @property
    def token_type(self) -> str:
        return "DPoP" if self.jkt else "Bearer"
