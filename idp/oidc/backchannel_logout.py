"""Back-channel logout: notifying a portal that one of its sessions has ended (OpenID Connect Back-Channel Logout 1.0).

`grants.end_access` queues person and portal; the outbox delivers here. Each try makes a new token, because a token
lives for two minutes and a try may come hours later.
"""

from collections.abc import Mapping
from datetime import timedelta

from idp import random_values
from idp.clients.client import Client
from idp.messages import worker
from idp.messages.absent_clients import waiting_for
from idp.messages.delivery import NotNow, Parcel, TryLater, Undeliverable
from idp.outbound.client import Outbound, OutboundBusy, Recipient
from idp.outbound.exchange import OutboundFailed
from idp.provider import Provider

EVENT = "http://schemas.openid.net/event/backchannel-logout"
TYPE = "logout+jwt"
LIFETIME = timedelta(minutes=2)
REFUSED = 400
GONE = "the client has no logout address any more"


class BackchannelLogout:
    """The delivery function of the outbox's kind `backchannel_logout`.

    The parcel's payload names `sub` and `sid`, its `client_id` the client to be told.
    """

    def __init__(self, provider: Provider, outbound: Outbound) -> None:
        self._provider = provider
        self._outbound = outbound
        self._at_once = worker.share_of_one(provider.settings.outbox)

    def __call__(self, parcel: Parcel) -> None:
        """Tell the client, or raise `Undeliverable`, `TryLater` (§2.8) or `NotNow`."""
        client = self._provider.registry.current().client(parcel.client_id)
        if client is None:
            raise waiting_for(self._provider.database, parcel, GONE)
        if not client.backchannel_logout_uri:
            raise Undeliverable(GONE)
        token = self.logout_token(client, parcel.payload, jti=random_values.token(16))
        recipient = Recipient(
            name=client.client_id,
            purpose="backchannel_logout",
            allow_private=client.allow_private_addresses,
            at_once=self._at_once,
        )
        try:
            answer = self._outbound.post_form(client.backchannel_logout_uri, {"logout_token": token}, recipient)
        except OutboundBusy as busy:
            raise NotNow(busy.retry_after) from busy
        except OutboundFailed as error:
            raise TryLater(str(error)) from error
        if answer.status == REFUSED:
            raise Undeliverable("the client refused the logout token")
        if answer.status not in {200, 204}:
            raise TryLater(f"the client answered {answer.status}")

    def logout_token(self, client: Client, payload: Mapping[str, object], *, jti: str) -> str:
        """Return a logout token (§2.4): no nonce, typ of its own, so that it can never pass for an ID token."""
        now = self._provider.clock.now()
        claims = {
            "iss": self._provider.settings.server.issuer,
            "aud": client.client_id,
            "iat": int(now.timestamp()),
            "exp": int((now + LIFETIME).timestamp()),
            "jti": jti,
            "sub": payload["sub"],
            "sid": payload["sid"],
            "events": {EVENT: {}},
        }
        algorithm = client.id_token_signed_response_alg
        return self._provider.signing_keys.sign(claims, algorithm=algorithm, typ=TYPE)
