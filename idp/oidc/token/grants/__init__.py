"""One grant per file: `grant(request: TokenRequest) -> GrantResult`, or an `OAuthError`."""
