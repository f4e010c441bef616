"""The kinds of ways to sign in, as a list of them says them."""

from collections.abc import Mapping

from idp import methods
from idp.actions.remove_method import RemovableMethod
from idp.wording import Text, Translator, text

KINDS: Mapping[str, Text] = {
    methods.PASSKEY: text("Passkey"),
    methods.TOTP: text("Authenticator app"),
    methods.RECOVERY: text("Recovery codes"),
    methods.SMS: text("Mobile number"),
}


def described(method: RemovableMethod, words: Translator) -> str:
    """Return its kind and its name: people call an app « My phone », which would read like the number."""
    kind = words(KINDS[method.method])
    return words(text("%(kind)s: %(name)s", kind=kind, name=method.name)) if method.name else kind
