"""SCIM for companies (RFC 7643, RFC 7644)."""
