"""What a client file may say, and what an operator reads when it says something else."""

import json
from typing import Any

import pytest
from joserfc.jwk import ECKey

from idp import jose
from idp.random_values import fingerprint
from tests.clients.folders import PORTAL, Folders


def problems(folders: Folders, environment: str = "production", **environ: str) -> list[str]:
    return [str(problem) for problem in folders.read(environment, **environ).problems]


def paths(folders: Folders, environment: str = "production", **environ: str) -> list[str]:
    return [problem.path for problem in folders.read(environment, **environ).problems]


def test_a_client_file_uses_the_registered_metadata_names(folders: Folders) -> None:
    contents = folders.read()

    assert contents.problems == ()
    assert contents.clients["clients/portal.toml"].redirect_uris == ("https://portal.example.ch/callback",)


def test_every_error_of_every_file_is_reported_at_once(folders: Folders) -> None:
    folders.client("portal", PORTAL + 'redirect_uri = "x"\n[policy]\nphone = "maybe"\nmethods = ["email", "fax"]\n')
    folders.client("second", 'client_name = 5\n[policy.recovery]\nlink_lifetime = "12h"\n')
    folders.brand("pale", 'name = { fr = "Pâle" }\ncolours = { brand = "yellow" }\n')

    found = problems(folders)

    assert found == [
        "brands/pale/brand.toml: colours.brand: Expected `str` matching regex '^#[0-9A-Fa-f]{6}$'",
        "brands/pale/brand.toml: sms_name.fr: 'â' would make every SMS cost double: GSM-7 characters only",
        "clients/portal.toml: policy.methods[1]: one of 'passkey', 'totp', 'sms', 'recovery', 'email' is expected, "
        "not 'fax'",
        "clients/portal.toml: policy.phone: one of 'off', 'optional', 'required' is expected, not 'maybe'",
        "clients/portal.toml: redirect_uri: there is no such field; did you mean `redirect_uris`?",
        "clients/second.toml: client_name: Expected `str`, got `int`",
        "clients/second.toml: policy.recovery.link_lifetime: Expected `int`, got `str`",
        "clients/second.toml: redirect_uris: the authorization_code grant needs at least one",
        "clients/second.toml: secret_digests: client_secret_basic needs secret_digests or secret_env",
    ]


def test_a_file_that_is_not_toml_is_named_with_the_line(folders: Folders) -> None:
    folders.client("portal", "client_id = \n")

    assert "line 1" in problems(folders)[0]


@pytest.mark.parametrize(
    "uri",
    [
        "http://portal.example.ch/callback",
        "https://portal.example.ch/callback#fragment",
        "https://*.example.ch/callback",
        "https://user@portal.example.ch/callback",
        "https://portal.example.ch/call back",
        "https://[::1/callback",
        "https://portal.example.ch:port/callback",
        "javascript:alert(1)",
        "/callback",
        "",
    ],
)
def test_an_unsafe_redirect_address_is_refused(folders: Folders, uri: str) -> None:
    """RFC 9700 §2.1"""
    folders.client("portal", PORTAL.replace("https://portal.example.ch/callback", uri))

    assert paths(folders) == ["redirect_uris[0]"]


@pytest.mark.parametrize(("environment", "accepted"), [("production", False), ("development", True)])
def test_a_web_client_lives_on_loopback_in_development_only(folders: Folders, environment: str, accepted: bool) -> None:
    folders.client("portal", PORTAL.replace("https://portal.example.ch", "http://localhost:8101"))

    assert (problems(folders, environment) == []) is accepted


def test_a_native_client_may_use_loopback_and_its_own_scheme(folders: Folders) -> None:
    """RFC 8252 §7.1, §7.3: a private-use scheme and a loopback address; RFC 8252 §7"""
    folders.client(
        "phone",
        'client_name = "Phone"\napplication_type = "native"\ntoken_endpoint_auth_method = "none"\n'
        'redirect_uris = ["http://127.0.0.1/callback", "ch.example.phone:/callback"]\n',
    )

    assert problems(folders) == []


PHONE = 'client_name = "Phone"\napplication_type = "native"\ntoken_endpoint_auth_method = "none"\n'


@pytest.mark.parametrize(
    ("uri", "accepted"),
    [
        ("com.example.app:/bye", True),
        ("com.example.app://host/bye", True),
        ("com.example.app:///bye", True),
        ("http://127.0.0.1/bye", True),
        ("https://app.example.com/bye", True),
        ("com.example.app:", False),
        ("com.example.app://", False),
        ("com.example.app:bye", False),
        ("com.example.app://[bad/cb", False),
        ("com.example.app:/bye#fragment", False),
        ("com.example.app://user@host/bye", False),
        ("./com.example.app:/bye", False),
        ("app:///bye", False),
        ("javascript:/alert(1)", False),
        ("http://127.0.0.1:65536/bye", False),
        ("http://app.example.com/bye", False),
    ],
)
@pytest.mark.parametrize("name", ["redirect_uris", "post_logout_redirect_uris"])
def test_an_app_is_reached_by_a_scheme_of_its_own_and_a_place_in_it(
    folders: Folders, name: str, uri: str, accepted: bool
) -> None:
    """RFC 8252 §7.1, §8.4: a scheme with a dot; RFC 9700 §2.1"""
    others = {"redirect_uris": ["com.example.app:/callback"], name: [uri]}
    folders.client("phone", PHONE + "".join(f"{field} = {json.dumps(uris)}\n" for field, uris in others.items()))

    assert paths(folders) == ([] if accepted else [f"{name}[0]"])


def test_a_web_client_has_no_scheme_of_its_own(folders: Folders) -> None:
    folders.client("portal", PORTAL + 'post_logout_redirect_uris = ["com.example.app:/bye"]\n')

    assert paths(folders) == ["post_logout_redirect_uris[0]"]


def test_an_environment_table_replaces_fields_there_and_nowhere_else(folders: Folders) -> None:
    folders.client("portal", PORTAL + '[environment.development]\nredirect_uris = ["http://localhost:8101/callback"]\n')

    there = folders.read("development").clients["clients/portal.toml"]
    elsewhere = folders.read("production").clients["clients/portal.toml"]

    assert there.redirect_uris == ("http://localhost:8101/callback",)
    assert elsewhere.redirect_uris == ("https://portal.example.ch/callback",)


def test_an_unknown_environment_is_reported(folders: Folders) -> None:
    folders.client("portal", PORTAL + '[environment.staging]\nscope = "openid"\n')

    assert paths(folders) == ["environment.staging"]


def test_the_table_of_another_environment_is_judged_where_everything_is_checked(folders: Folders) -> None:
    """A fault is found before the file gets where it applies; no start fails of what does not apply."""
    folders.client("portal", PORTAL + '[environment.development]\nredirect_uris = ["ftp://x/"]\nscop = "openid"\n')

    checked = folders.read("production", everywhere=True)
    started = folders.read("production")

    assert [problem.path for problem in checked.problems] == [
        "environment.development.redirect_uris[0]",
        "environment.development.scop",
    ]
    assert started.problems == ()


def test_a_secret_that_another_environment_brings_is_no_fault_here(folders: Folders) -> None:
    folders.client("portal", PORTAL + '[environment.testing]\nsecret_env = "ONLY_THERE"\nsecret_digests = []\n')

    assert folders.read("production", everywhere=True).problems == ()


def test_registered_clients_cannot_be_like_a_client_that_has_no_file(folders: Folders) -> None:
    folders.client("portal", PORTAL)

    (found,) = folders.read(template="partner").problems

    assert str(found) == "clients: registration.like names 'partner', and there is no file partner.toml"


def test_a_secret_may_come_from_the_environment(folders: Folders) -> None:
    folders.client("portal", PORTAL.split("secret_digests")[0] + 'secret_env = "PORTAL_SECRET"\n')

    contents = folders.read("testing", PORTAL_SECRET="from-the-environment")
    client = contents.clients["clients/portal.toml"]

    assert client.accepts_secret("from-the-environment")
    assert not client.accepts_secret("another")
    assert contents.secrets == {"portal": "from-the-environment"}
    assert "from-the-environment" not in repr(contents)


@pytest.mark.parametrize("secret", ["correct horse battery", "x" * 43, "0101" * 10])
def test_a_secret_that_can_be_guessed_is_refused_in_production(folders: Folders, secret: str) -> None:
    """RFC 6749 §10.10; ASVS 13.2.3"""
    folders.client("portal", PORTAL.split("secret_digests")[0] + 'secret_env = "PORTAL_SECRET"\n')

    found = folders.read("production", PORTAL_SECRET=secret)

    assert [problem.path for problem in found.problems] == ["secret_env"]
    assert secret not in found.problems[0].message


def test_a_secret_that_the_environment_lacks_is_an_error(folders: Folders) -> None:
    folders.client("portal", PORTAL.split("secret_digests")[0] + 'secret_env = "PORTAL_SECRET"\n')

    assert paths(folders) == ["secret_env"]


def test_two_secrets_are_accepted_while_one_replaces_the_other(folders: Folders) -> None:
    digests = json.dumps([fingerprint("old"), fingerprint("new")])
    folders.client("portal", PORTAL.split("secret_digests")[0] + f"secret_digests = {digests}\n")

    client = folders.read().clients["clients/portal.toml"]

    assert client.accepts_secret("old")
    assert client.accepts_secret("new")


def test_a_clear_secret_in_a_file_is_refused(folders: Folders) -> None:
    folders.client("portal", PORTAL.split("secret_digests")[0] + 'secret_digests = ["correct horse"]\n')

    assert paths(folders) == ["secret_digests[0]"]


@pytest.mark.parametrize(
    ("lines", "path"),
    [
        ('token_endpoint_auth_method = "private_key_jwt"', "jwks_uri"),
        ('token_endpoint_auth_method = "self_signed_tls_client_auth"', "jwks_uri"),
        ('token_endpoint_auth_method = "tls_client_auth"', "tls_client_auth_subject_dn"),
        ('token_endpoint_auth_method = "tls_client_auth"\ntls_client_auth_subject_dn = "machine"',
         "tls_client_auth_subject_dn"),
        ('token_endpoint_auth_method = "tls_client_auth"\ntls_client_auth_san_ip = "10.0.0"', "tls_client_auth_san_ip"),
        ('token_endpoint_auth_method = "client_secret_basic"', "secret_digests"),
        ('token_endpoint_auth_method = "none"\nrequire_pkce = false', "require_pkce"),
        ('token_endpoint_auth_method = "none"\njwks_uri = "https://a.ch/j"\njwks = { keys = [] }', "jwks"),
        ('token_endpoint_auth_method = "none"\nid_token_signed_response_alg = "none"', "id_token_signed_response_alg"),
        ('token_endpoint_auth_method = "none"\nuserinfo_encrypted_response_alg = "RSA-OAEP"', "jwks_uri"),
        ('token_endpoint_auth_method = "none"\nscope = "openid  caf\\u00e9"', "scope"),
        ('token_endpoint_auth_method = "none"\nscope = "openid offline_access"', "grant_types"),
        ('token_endpoint_auth_method = "none"\nbackchannel_logout_session_required = true',
         "backchannel_logout_session_required"),
        ('token_endpoint_auth_method = "none"\nfrontchannel_logout_uri = "https://other.example.ch/out"',
         "frontchannel_logout_uri"),
        ('profile = "fapi2-security"\ntoken_endpoint_audience = true', "token_endpoint_audience"),
        ('token_endpoint_auth_method = "none"\ngrant_types = ["urn:ietf:params:oauth:grant-type:token-exchange"]',
         "grant_types"),
        ('token_endpoint_auth_method = "none"\nid_token_claims = ["email"]', "id_token_claims[0]"),
        ('token_endpoint_auth_method = "none"\nid_token_claims = ["shoe_size"]', "id_token_claims[0]"),
        ('token_endpoint_auth_method = "none"\npermissions_claim = "groups"', "permissions_claim"),
        ('scope = "openid organisations"\npermissions_claim = "sub"', "permissions_claim"),
        ('scope = "openid organisations"\npermissions_claim = "my groups"', "permissions_claim"),
        ('profile = "fapi2-security"\niss_in_error_answers = false', "iss_in_error_answers"),
        ('token_endpoint_auth_method = "none"\nbrand = "unheard-of"', "brand"),
        ('token_endpoint_auth_method = "none"\nclient_id = "other"', "client_id"),
    ],
)  # fmt: skip
def test_fields_that_contradict_each_other_are_refused(folders: Folders, lines: str, path: str) -> None:
    """RFC 7591 §2: jwks and jwks_uri exclude each other; RFC 6749 §3.3: the characters of a scope; Front-Channel Logout
    §2: the logout address is at a redirect address"""
    redirect = 'redirect_uris = ["https://bent.example.ch/callback"]\n'
    folders.client("bent", f'client_name = "Bent"\n{redirect}{lines}\n')

    assert path in paths(folders)


def test_a_private_key_in_a_file_is_refused(folders: Folders) -> None:
    key = ECKey.generate_key("P-256", private=True).as_dict(private=True)
    listed = ", ".join(f'{name} = "{value}"' for name, value in key.items() if isinstance(value, str))
    folders.client(
        "bent",
        'client_name = "Bent"\ngrant_types = ["client_credentials"]\n'
        'token_endpoint_auth_method = "private_key_jwt"\n'
        f"jwks = {{ keys = [{{ {listed} }}] }}\n",
    )

    assert paths(folders) == ["jwks.keys[0]"]


def test_pairwise_subjects_over_several_hosts_need_a_sector(folders: Folders) -> None:
    """OIDC Core §8.1"""
    folders.client("portal", PORTAL.replace('callback"]', 'callback", "https://other.example.ch/callback"]')
                   + 'subject_type = "pairwise"\n')  # fmt: skip

    assert paths(folders) == ["sector_identifier_uri"]


@pytest.mark.parametrize("name", ["request_object_encryption_alg", "request_object_encryption_enc"])
def test_encrypted_request_objects_are_not_promised(folders: Folders, name: str) -> None:
    folders.client("portal", PORTAL + f'{name} = "A128GCM"\n')

    assert paths(folders) == ["request_object_encryption_alg"]


def test_the_fapi2_profile_demands_all_that_fapi2_demands(folders: Folders) -> None:
    """FAPI 2.0 Security Profile §5.3.2.1: authentication and bound tokens; §5.3.2.2: pushed requests and PKCE; §5.4.1:
    no RS256; Message Signing §5.3.1: signed requests"""
    folders.client("portal", PORTAL + 'profile = "fapi2-message-signing"\nrequire_pkce = false\n')

    assert set(paths(folders)) == {
        "token_endpoint_auth_method",
        "require_pushed_authorization_requests",
        "dpop_bound_access_tokens",
        "require_pkce",
        "require_signed_request_object",
        "id_token_signed_response_alg",
    }


def test_a_fund_belongs_to_one_portal(folders: Folders) -> None:
    fund = '[[funds]]\ncode = "AK00"\nname = { fr = "Caisse" }\n'
    folders.client("portal", PORTAL + fund)
    folders.client("second", PORTAL.replace('client_id = "portal"', "") + fund)

    assert problems(folders) == ["clients/second.toml: funds[0].code: 'AK00' belongs to clients/portal.toml"]


RANDOM = "hX2vN8qL5tR1wY7kD4mZ9pB3cF6gJ0sA"


@pytest.mark.parametrize(("template", "faults"), [("portal", ["policy.consent"]), ("", []), ("other", [])])
def test_a_template_of_registered_clients_cannot_skip_consent(
    folders: Folders, template: str, faults: list[str]
) -> None:
    """rulings 34"""
    folders.client("portal", f'{PORTAL}[policy]\nconsent = "skip"\n')
    folders.client("other", PORTAL.replace("portal", "other"))

    assert [problem.path for problem in folders.read(template=template).problems] == faults


SERVICE = 'client_name = "Service"\ngrant_types = ["client_credentials"]\n'


@pytest.mark.parametrize("algorithm", ["HS384", "HS512"])
def test_an_algorithm_that_the_endpoint_refuses_is_refused_in_the_file(folders: Folders, algorithm: str) -> None:
    folders.client(
        "service",
        SERVICE + 'token_endpoint_auth_method = "client_secret_jwt"\nsecret_env = "SECRET"\n'
        f'token_endpoint_auth_signing_alg = "{algorithm}"\n',
    )

    assert paths(folders, SECRET=RANDOM) == ["token_endpoint_auth_signing_alg"]


def test_a_secret_too_short_for_its_algorithm_is_refused(folders: Folders) -> None:
    """OIDC Core §10.1"""
    folders.client("service", SERVICE + 'token_endpoint_auth_method = "client_secret_jwt"\nsecret_env = "SECRET"\n')

    assert paths(folders, SECRET=RANDOM[:31]) == ["secret_env"]
    assert paths(folders, SECRET=RANDOM) == []


@pytest.mark.parametrize(
    "line",
    [
        "",
        'id_token_signed_response_alg = "PS256"',
        'id_token_signed_response_alg = "ES256"\nuserinfo_signed_response_alg = "EdDSA"',
    ],
)
def test_an_answer_is_signed_by_a_key_that_we_have(folders: Folders, line: str) -> None:
    """What a client leaves out is RS256 (OIDC Registration §2)"""
    folders.client("portal", PORTAL + line + "\n")

    assert [problem.path for problem in folders.read(algorithms=("ES256",)).problems] in (
        ["id_token_signed_response_alg"],
        ["userinfo_signed_response_alg"],
    )


def listed(*entries: dict[str, Any]) -> str:
    """A `jwks` line."""
    keys = ", ".join("{ " + ", ".join(f'{name} = "{value}"' for name, value in key.items()) + " }" for key in entries)
    return f"jwks = {{ keys = [{keys}] }}\n"


def public(key: jose.Key) -> dict[str, Any]:
    return {name: value for name, value in key.as_dict(private=False).items() if isinstance(value, str)}


def test_unknown_keys_are_skipped_and_unusable_ones_named(folders: Folders) -> None:
    """RFC 7517 §5"""
    good, broken = public(jose.generate("ES256", "good")), {"kty": "EC", "crv": "P-256", "x": "AA", "y": "AA"}
    method = 'token_endpoint_auth_method = "private_key_jwt"\n'
    folders.client("good", SERVICE + method + listed({"kty": "AKP", "kid": "new"}, good, {"kty": "AKP", "kid": "two"}))
    folders.client("broken", SERVICE + method + listed(good, broken))

    assert [(problem.file, problem.path) for problem in folders.read().problems] == [
        ("clients/broken.toml", "jwks.keys[1]")
    ]


def test_keys_need_no_kid_and_no_two_share_one(folders: Folders) -> None:
    """RFC 7517 §4.5"""
    keys = [public(jose.generate("ES256", "")) for _ in range(2)]
    unnamed = [{name: value for name, value in key.items() if name != "kid"} for key in keys]
    method = 'token_endpoint_auth_method = "private_key_jwt"\n'
    folders.client("unnamed", SERVICE + method + listed(*unnamed))
    folders.client("same", SERVICE + method + listed(*({**key, "kid": "same"} for key in unnamed)))

    assert [(problem.file, problem.path) for problem in folders.read().problems] == [("clients/same.toml", "jwks.keys")]


@pytest.mark.parametrize(
    "lines",
    [
        'token_endpoint_auth_method = "private_key_jwt"\ntoken_endpoint_auth_signing_alg = "RS256"\n',
        'token_endpoint_auth_method = "none"\nuserinfo_encrypted_response_alg = "RSA-OAEP"\n',
        'token_endpoint_auth_method = "none"\nrequest_object_signing_alg = "EdDSA"\n',
    ],
)
def test_a_key_set_has_a_key_for_what_the_client_asks(folders: Folders, lines: str) -> None:
    redirect = 'client_name = "Bent"\nredirect_uris = ["https://bent.example.ch/callback"]\n'
    folders.client("bent", redirect + lines + listed(public(jose.generate("ES256", "k"))))

    assert paths(folders) == ["jwks.keys"]


def test_a_wrong_type_hides_no_broken_rule(folders: Folders) -> None:
    folders.client(
        "portal",
        PORTAL.replace("https://portal.example.ch/callback", "http://portal.example.ch/callback").replace(
            '"plain"', "7"
        )
        + 'contacts = "desk"\nscope = "openid offline_access"\n[policy]\nphone = "maybe"\nmethods = []\n',
    )

    assert set(paths(folders)) == {
        "brand", "contacts", "grant_types", "policy.methods", "policy.phone", "redirect_uris[0]",
    }  # fmt: skip


@pytest.mark.parametrize(
    ("lines", "path"),
    [
        ('token_endpoint_auth_method = "client_secret_basik"', "token_endpoint_auth_method"),
        ("token_endpoint_auth_method = 5", "token_endpoint_auth_method"),
        ('token_endpoint_auth_method = "none"\nredirect_uri = ["https://bent.example.ch/callback"]', "redirect_uri"),
        ('token_endpoint_auth_method = "none"\nredirect_uris = "https://bent.example.ch/callback"', "redirect_uris"),
        ('client_secret = "correct horse"\nredirect_uris = ["https://bent.example.ch/callback"]', "client_secret"),
        ('token_endpoint_auth_method = "none"\ngrant_types = "client_credentials"', "grant_types"),
    ],
)
def test_one_mistake_is_one_fault(folders: Folders, lines: str, path: str) -> None:
    """What follows from a field that could not be read is no fault of its own."""
    redirect = "" if "redirect_uri" in lines else 'redirect_uris = ["https://bent.example.ch/callback"]\n'
    folders.client("bent", f'client_name = "Bent"\n{redirect}{lines}\n')

    assert paths(folders) == [path]


def test_a_secret_in_a_file_leads_to_the_right_field(folders: Folders) -> None:
    folders.client("portal", PORTAL.split("secret_digests")[0] + 'client_secret = "correct horse"\n')

    (found,) = problems(folders)

    assert "secret_env" in found
    assert "secret_digests" in found
    assert "correct horse" not in found


def test_an_unknown_environment_names_the_known_ones(folders: Folders) -> None:
    folders.client("portal", PORTAL + '[environment.prod]\nscope = "openid"\n')

    (found,) = problems(folders)

    assert found.startswith("clients/portal.toml: environment.prod: one of production, development, ")


def test_a_byte_order_mark_is_read_over(folders: Folders) -> None:
    path = folders.client("portal", PORTAL)
    path.write_bytes(b"\xef\xbb\xbf" + path.read_bytes())

    assert problems(folders) == []


@pytest.mark.parametrize(
    ("line", "path"),
    [
        ('scope = "openid,profile"', "scope"),
        ('post_logout_redirect_uris = ["https://portal.example.ch/*"]', "post_logout_redirect_uris[0]"),
    ],
)
def test_what_cannot_be_meant_is_warned_of(folders: Folders, line: str, path: str) -> None:
    folders.client("portal", PORTAL + line + "\n")

    contents = folders.read()

    assert contents.problems == ()
    assert path in [warning.path for warning in contents.warnings]
