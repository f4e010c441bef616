"""One grant per file: `grant(request: TokenRequest) -> Granted`, or an `OAuthError`."""
