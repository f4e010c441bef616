"""What `idp doctor` says in English, the page of its findings says in the language of the staff."""

import ast
import inspect
from collections.abc import Iterator
from types import ModuleType

import pytest

from flows.desk import health_words
from idp import clock, outages, replica
from idp.clients import addresses, client_checks, policy_checks
from idp.provider import Provider
from idp.staff import appointments
from idp.staff.appointments import Role
from idp.upkeep import credential_checks, diagnosis, nodes, weak_settings
from tests.flows.desk.conftest import Desk
from tests.support.clients import bend

SENTENCES = (
    "it cannot be reached",
    "it cannot be reached: the primary answers in its place",
    "database.replica leads to a database that follows no other",
    "it is 90 s behind its primary",
    "it takes no writes",
    "cannot be told before the database is in order",
    "it lacks what this version needs: run `idp db upgrade`",
    "others on this machine can read the database: chmod 600 /var/lib/idp.sqlite3*",
    "this machine's clock is 3.0 s behind the database's: run NTP on both",
    "this machine's clock is 3.0 s ahead of the database's: run NTP on both",
    "the clock of web1 is 3.0 s behind the database's",
    "the clock of web1 is 3.0 s ahead of the database's",
    "web1 cannot open what web2 seals: it lacks the key a, or has another of that name",
    "granian is installed, and takes less processor time than gunicorn: `idp serve --server granian`",
    "passwords: Argon2id below 19456 KiB and 2 passes",
    "passwords.floor is below 8",
    "mail.security is none: mails travel unencrypted, codes and links in them",
    "sms.url is http: codes travel unencrypted",
    "legacy_directories.old.url is http: passwords travel unencrypted",
    "limits.password allows more than the 5 in 900 s that it ships with",
    "sessions.idle is longer than 30 minutes",
    "sessions.absolute is longer than 12 hours",
    "pages.run_idle is longer than an hour",
    "server.monitoring lets everybody read the metrics",
    "server.certificate: no proxy reads slow requests first, so that few clients can hold every thread",
    "database.url does not check the certificate (sslmode=verify-full) of a server on another machine",
    "retention.audit is shorter than a year",
    "audit.file and audit.stdout are both off: security events stay in the database alone",
    "the environment is development, not production, and others reach https://login.example.ch",
    "e-services: policy.legacy.source names old, and there is no [legacy_directories.old]",
    "no portal lists totp in policy.methods, and people hold it (1)",
    "3 of recovery codes need a key that IDP_SECRETS lists no more: list it again, then `idp keys reseal`; lost:"
    " `idp keys abandon`",
    "3 of passwords need a key that IDP_SECRETS lists no more: list it again, then `idp keys reseal`; lost:"
    " `idp keys abandon`",
    "e-services: its file is gone; everything it holds ends at 2026-07-17 12:00 UTC",
    "none can be opened: see secrets",
    "no active ES256 key: start a worker, or `idp keys rotate --now`",
    "the ES256 key is older than keys.active: is a worker running?",
    "mail.example.ch:25 does not answer: [Errno 111] Connection refused",
    "3 waiting in codes, the oldest since 2026-07-16 12:00 UTC",
    "security_event of e-services: 3 fail, the oldest since 2026-07-16 12:00 UTC: answered 500",
    "email: 3 fail, the oldest since 2026-07-16 12:00 UTC: refused",
    "e-services: 3 events were not delivered, the oldest of 2026-07-16 12:00 UTC",
    "e-services: 3 events wait to be fetched, since 2026-07-16 12:00 UTC",
    "expired rows wait 3 days to be deleted: is a worker running?",
    "security events since 2026-07-16 12:00 UTC are not written: the worker's log says why",
    "restored at 2026-07-16 12:00 UTC from a backup of unknown time: what changed in between is undone",
    "anne@fund.example.ch has not signed in for long: `idp staff disable`",
    "anne@fund.example.ch: no portal's file lists the fund 'AK99': `idp staff roles`",
    "anne@fund.example.ch: there is no portal 'old': `idp staff roles`",
    "anne@fund.example.ch: 'king' is no role: reader, clerk: `idp staff roles`",
    "anne@fund.example.ch: an operator belongs to no fund and no portal: `idp staff roles`",
    "anne@fund.example.ch: a clerk needs a fund or a portal: `idp staff roles`",
    "sms.url is the example: name your gateway, or no text message leaves",
    "83% of limits.sms_per_day were sent and not typed: CodeSent events say to whom",
    "e-services: redirect_uris[0]: addresses are compared character by character: `*` stands for itself only",
    "e-services: scope: names are separated by blanks: a comma is part of a name",
    "e-services: require_pkce: without PKCE a stolen code can be redeemed by its thief (RFC 9700 §2.1.1)",
    "e-services: dpop_bound_access_tokens: a stolen token of the API works for its thief: bind it to a key",
    "e-services: policy.second_step: no second step at sign-in",
    "e-services: policy.second_step: no second step unless the portal asks for it in every request",
    "e-services: policy.consent: a copied app id would get data without anyone being asked",
    "e-services: policy.methods: people without a mobile phone are shut out: sms is the only method",
    "e-services: policy.password_floor: 8 characters are few, even with a second factor: 10 is better",
    "e-services: policy.password_floor: 15 characters are advised where the other step may be a mail code"
    " (NIST SP 800-63B-4 §3.1.1.2)",
)
AUTHORS = {
    diagnosis: None,
    weak_settings: None,
    credential_checks: {"unaccepted", "unreadable"},
    outages: {"fault_of"},
    replica: {"fault"},
    clock: {"deviation"},
    nodes: {"faults"},
    addresses: {"address_warnings"},
    client_checks: {"warnings"},
    policy_checks: {"warnings"},
    appointments: {"_fault"},
}
"""Where the doctor's sentences are written: module → functions; None: all of them."""
NOT_SAID = {*health_words.CHECKS, "SELECT 1", "SHOW transaction_read_only"}
"""Pieces of text that no sentence has: names of checks, statements of SQL."""


def literals(module: ModuleType, functions: set[str] | None) -> Iterator[str]:
    """Yield the pieces of text of a module's functions, without docstrings."""
    for function in ast.walk(ast.parse(inspect.getsource(module))):
        if isinstance(function, ast.FunctionDef) and (functions is None or function.name in functions):
            told = ast.get_docstring(function, clean=False)
            for node in ast.walk(function):
                if isinstance(node, ast.Constant) and isinstance(node.value, str) and node.value != told:
                    yield node.value


@pytest.mark.parametrize("module", AUTHORS, ids=lambda module: module.__name__)
def test_every_sentence_of_the_doctor_is_among_these(module: ModuleType) -> None:
    whole = " ".join(SENTENCES)
    pieces = {piece for piece in literals(module, AUTHORS[module]) if " " in piece.strip() and "%" not in piece}

    assert {piece for piece in pieces if piece.strip() not in whole} - NOT_SAID == set()


@pytest.mark.parametrize("sentence", SENTENCES, ids=range(len(SENTENCES)))
def test_each_of_them_has_words_in_every_language(provider: Provider, sentence: str) -> None:
    found = health_words.said(sentence)

    assert found is not None
    in_languages = [provider.wording.translator(each)(found) for each in ("en", "fr", "de", "it")]
    assert len(set(in_languages)) == 4, in_languages


def test_every_check_has_a_name() -> None:
    assert set(health_words.CHECKS) == {*diagnosis.CHECKS, "client files"}


def test_a_time_is_the_local_one(provider: Provider) -> None:
    found = health_words.said("3 waiting in codes, the oldest since 2026-07-16 12:00 UTC")

    assert found is not None
    assert provider.wording.translator("en")(found) == "Codes: 3 waiting, the oldest since 16.07.2026 at\u00a014:00."


def test_a_portal_is_called_by_its_name_with_its_id() -> None:
    sentence = "e-services: 3 events wait to be fetched, since 2026-07-16 12:00 UTC"

    found = health_words.said(sentence, lambda client_id: f"CVCI ({client_id})")

    assert found is not None
    assert found.values["client"] == "CVCI (e-services)"


def test_the_page_of_a_german_operator_speaks_german(desk: Desk, provider: Provider) -> None:
    """X-10"""
    bend(provider, "e-services", policy={"second_step": "never"})

    page = desk.works(Role.OPERATOR, language="de").get("/desk/health")

    assert "e-services CVCI (e-services), policy.second_step: Kein zweiter Schritt bei der Anmeldung." in page.text
    assert "No second step" not in page.text
