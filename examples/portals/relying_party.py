"""The OpenID Connect part of a portal, on Authlib's Flask client.

Authlib keeps `state`, `nonce` and the PKCE verifier in the browser's signed cookie and checks the ID token; what is
added here is `iss` (RFC 9207), the subject of userinfo (OIDC Core §5.3.2), and logout tokens.
"""

from typing import Any
from urllib.parse import urlencode

from authlib.common.errors import AuthlibBaseError
from authlib.integrations.flask_client import OAuth
from flask import Flask, Response, g, request
from joserfc import jwt
from joserfc.errors import InvalidKeyIdError, JoseError
from joserfc.jwk import KeySet
from requests import RequestException

from examples.portals.configuration import Portal
from examples.portals.store import Store, Visit

LOGOUT_EVENT = "http://schemas.openid.net/event/backchannel-logout"
LEEWAY = 60


class SignInFailed(Exception):
    """The provider said no, or its answer cannot be trusted. `code` is OAuth's error where there is one."""

    def __init__(self, code: str, reason: str) -> None:
        super().__init__(f"{code}: {reason}")
        self.code = code


class InvalidLogoutToken(Exception):
    """A logout token that must not end anything (Back-Channel Logout §2.6)."""


class UntrustedToken(Exception):
    """A token that the provider did not sign, or one of another type."""


class RelyingParty:
    """One portal as a client of one issuer."""

    def __init__(self, app: Flask, portal: Portal, issuer: str, store: Store) -> None:
        self.issuer = issuer
        self.client_id = portal.client_id
        self._portal = portal
        self._store = store
        self._client = OAuth(app).register(  # type: ignore[no-untyped-call]
            name=portal.client_id.replace("-", "_"),
            client_id=portal.client_id,
            client_secret=portal.client_secret,
            server_metadata_url=f"{issuer}/.well-known/openid-configuration",
            client_kwargs={"scope": portal.scope, "code_challenge_method": "S256", "timeout": 10},
            update_token=self._renewed,
        )

    def begin(self, **parameters: str) -> Response:
        """Send the browser to the provider; empty parameters are left out."""
        wanted = {name: value for name, value in parameters.items() if value}
        answer: Response = self._client.authorize_redirect(f"{self._portal.url}/callback", **wanted)
        return answer

    def finish(self) -> Visit:
        """Return the person who came back with this request. Raises `SignInFailed`."""
        self._check_issuer()
        try:
            token = dict(self._client.authorize_access_token(leeway=LEEWAY))
            claims = dict(token.pop("userinfo"))
            profile, token = self._userinfo(token)
        except AuthlibBaseError as error:
            raise SignInFailed(error.error or "error", error.description or "") from error
        except (JoseError, RequestException, KeyError) as error:
            raise SignInFailed("invalid_response", type(error).__name__) from error
        if profile.get("sub") != claims["sub"]:
            raise SignInFailed("invalid_response", "userinfo speaks of somebody else")
        return Visit(claims, profile, token)

    def refreshed(self, secret: str, visit: Visit) -> Visit | None:
        """Return the visit with what userinfo says now; None when the provider gives no access any more.

        An access token that has run out is renewed on the way. Raises `RequestException` while the provider does
        not answer; the visit lasts.
        """
        try:
            profile, token = self._userinfo(visit.token)
        except (AuthlibBaseError, RequestException) as error:
            if isinstance(error, RequestException) and not _is_refusal(error):
                self._store.keep(secret, Visit(visit.claims, visit.profile, g.token))
                raise
            self._store.end(secret)
            return None
        fresh = Visit(visit.claims, profile, token)
        self._store.keep(secret, fresh)
        return fresh

    def log_out(self, visit: Visit, ui_locales: str) -> Response:
        """Send the browser to the provider's end of session (RP-Initiated Logout §2)."""
        answer: Response = self._client.logout_redirect(
            post_logout_redirect_uri=f"{self._portal.url}/",
            id_token_hint=visit.token["id_token"],
            client_id=self._portal.client_id,
            ui_locales=ui_locales,
        )
        return answer

    def account_page(self, ui_locales: str) -> str:
        """Return where people manage their account at the provider; its pages lead back to this portal."""
        place = self._client.load_server_metadata()["account_management_uri"]
        return f"{place}?{urlencode({'portal': self.client_id, 'ui_locales': ui_locales})}"

    def logged_out(self, logout_token: str) -> tuple[str, str]:
        """Return the (sid, sub) that a back-channel message ends; either may be empty. Raises `InvalidLogoutToken`."""
        try:
            claims = dict(self._decoded(logout_token).claims)
            registry = jwt.JWTClaimsRegistry(
                leeway=LEEWAY,
                iss={"essential": True, "value": self.issuer},
                aud={"essential": True, "value": self._portal.client_id},
                iat={"essential": True},
                exp={"essential": True},
                jti={"essential": True},
            )
            registry.validate(claims)
        except (JoseError, ValueError, RequestException) as error:
            raise InvalidLogoutToken(str(error)) from error
        sid, sub = claims.get("sid", ""), claims.get("sub", "")
        if LOGOUT_EVENT not in claims.get("events", {}) or "nonce" in claims or not (sid or sub):
            raise InvalidLogoutToken("this is not a logout token")
        if not self._store.spend(claims["jti"]):
            raise InvalidLogoutToken("this token came before")
        return sid, sub

    def verified(self, token: str, *, typ: str) -> dict[str, Any]:
        """Return the claims of a token that the provider signed. Raises `UntrustedToken` for any other text or type."""
        try:
            read = self._decoded(token)
        except (JoseError, ValueError, RequestException, InvalidLogoutToken) as error:
            raise UntrustedToken(str(error)) from error
        if read.header.get("typ") != typ:
            raise UntrustedToken("a token of another type")
        return dict(read.claims)

    def _check_issuer(self) -> None:
        """RFC 9207 §2.4: an answer that names no issuer, or another one, is someone else's."""
        if request.args.get("iss") != self.issuer:
            raise SignInFailed("invalid_issuer", "the answer does not come from our provider")

    def _decoded(self, token: str) -> jwt.Token:
        algorithms = self._client.load_server_metadata()["id_token_signing_alg_values_supported"]
        for force in (False, True):  # the provider may have rotated its keys since we last looked
            keys = KeySet.import_key_set(self._client.fetch_jwk_set(force=force))
            try:
                return jwt.decode(token, keys, algorithms=algorithms)
            except InvalidKeyIdError:
                continue
        raise InvalidLogoutToken("signed with an unknown key")

    def _userinfo(self, token: dict[str, Any]) -> tuple[dict[str, Any], dict[str, Any]]:
        """Return the claims of userinfo, and the token to use from now on: Authlib renews an expired one."""
        g.token = token
        profile = dict(self._client.userinfo(token=token))
        return profile, g.token

    def _renewed(self, token: dict[str, Any], **_: object) -> None:
        """Authlib's call-back. A refresh answers with less than the first token did: the rest stays."""
        g.token = {**g.token, **token}


def _is_refusal(error: RequestException) -> bool:
    """Return whether the provider answered, and said that the token gives no access."""
    return error.response is not None and error.response.status_code in {401, 403}
