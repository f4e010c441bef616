"""The people and parties of the protocol tests, and somebody who means harm."""

from tests.oidc.conftest import party, person, visitor

__all__ = ["party", "person", "visitor"]
