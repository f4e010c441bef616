"""The address of the token endpoint, which assertions of clients may name too."""

ADDRESS = "/token"
