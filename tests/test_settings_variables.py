"""Settings given by variable: every one of them, lists and the named limits too."""

from typing import Any

import pytest

from idp.settings import Limit, Settings, SettingsError
from idp.settings_loader import load_settings

SECRETS = {"secrets": {"keys": {"a": b"x" * 32}, "active": "a"}}


def loaded(**variables: str) -> Settings:
    return load_settings(variables, overrides=SECRETS)


def test_a_list_is_given_with_commas() -> None:
    settings = loaded(
        IDP_SERVER__TRUSTED_PROXIES="10.0.0.0/8, 192.0.2.1",
        IDP_PAGES__LANGUAGES="de",
        IDP_SMS__SUCCESS_STATUS="200,204",
        IDP_SERVER__MONITORING="",
    )

    assert settings.server.trusted_proxies == ("10.0.0.0/8", "192.0.2.1")
    assert settings.pages.languages == ("de",)
    assert settings.sms.success_status == (200, 204)
    assert settings.server.monitoring == ()


def test_a_table_in_a_table_is_given_by_its_path() -> None:
    settings = loaded(IDP_LIMITS__PASSWORD__TIMES="7", IDP_OUTBOX__LANES__BULK__BATCH="3", IDP_DPOP__NONCES="true")

    assert settings.limits["password"] == Limit(times=7, window=86400, delay_after=5, delay=60)
    assert settings.outbox.lanes.bulk.batch == 3
    assert settings.dpop.nonces is True


@pytest.mark.parametrize(
    ("variables", "named"),
    [
        ({"IDP_LIMITS__PASSWORD": "7"}, "limits.password"),
        ({"IDP_LIMITS__PASSWORD__TIMES": "many"}, "limits"),
        ({"IDP_SERVER__TRUSTED_PROXY": "10.0.0.0/8"}, "trusted_proxy"),
        ({"IDP_SERVER__THREADS__MORE": "2"}, "server.threads"),
        ({"IDP_SERVER__THREADS": "2", "IDP_SERVER__THREADS__MORE": "2"}, "server.threads"),
    ],
)
def test_a_variable_that_fits_nowhere_is_named(variables: dict[str, Any], named: str) -> None:
    with pytest.raises(SettingsError, match=named):
        loaded(**variables)
