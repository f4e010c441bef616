"""The states of pages that have several, and the values of templates in which a name means something else."""

from datetime import timedelta
from types import SimpleNamespace

from idp.clients.client import Client
from idp.web.branding import Theme
from idp.web.preview.values import ADDRESS, COMPANY, active_user, changed
from idp.wording import text

States = dict[str, list[dict[str, object]]]
"""The values that a template is given in each of its states, by its name."""


def of_pages(theme: Theme, client: Client) -> States:
    return {**_of_journeys(theme, client), **_of_links(theme), **_of_accounts(theme), **_of_companies(theme)}


def _of_journeys(theme: Theme, client: Client) -> States:
    added = [(SimpleNamespace(id="p", added_at=theme.now), "Passkey: iPhone")]
    topics = [(topic.id, theme.local(topic.label)) for topic in client.topics]
    stolen: dict[str, object] = {"device": "Firefox, Linux"}
    passkey: dict[str, object] = {"proposed": "Firefox, Linux"}
    return {
        "steps/add-passkey.html": [passkey],
        "steps/added-methods.html": [{"added": added}],
        "steps/alarm.html": [stolen],
        "steps/complete-migration.html": [{"stage": 2}],
        "steps/credentials.html": [{"opened": True}],
        "steps/delete-account.html": [{}, {"companies": [COMPANY]}],
        "steps/edit-user.html": [{"topics": topics}],
        "steps/enrolment-announced.html": [{"offered": ["passkey", "totp", "sms"]}],
        "steps/user-phone.html": [{}, {"has_number": False}],
        "steps/leave-company.html": [{"company": COMPANY}],
        "steps/mail-link-code.html": [{"code_length": 12, "code_alphabet": "letters"}],
        "steps/misuse-announced.html": [stolen],
        "steps/new-user-rights.html": [{"topics": topics}],
        "steps/new-password.html": [{}],
        "steps/offer-passkey.html": [passkey],
        "steps/email-address.html": [{}, {"meant": "anne.rochat@bluewin.ch"}],
        "steps/open-account.html": [{"phone": ""}, {"chooses_password": True}],
        "steps/registration-code.html": [{"by_invitation": True, "asks_birth_date": False}],
        "steps/replace-password.html": [
            {"channel": "sms", "sent_to": "+41 79 ••• •• 67", "code_length": 5, "code_alphabet": "mixed-case"}
        ],
        "steps/spoken-code.html": [{"sent_to": "+41 79 123 45 67", "code_length": 8, "code_alphabet": "letters"}],
        "methods/sms.html": [
            {"channel": "sms", "sent_to": "+41 79 ••• •• 67", "confirms": confirms} for confirms in (False, True)
        ],
        "methods/none.html": [
            {},
            {"no_entry": text("Your company has deactivated your access. Contact your company’s administrator.")},
        ],
        "steps/phone-number.html": [{}, {"spared": True}],
        "guards/self-managed-phone.html": [{}, {"own": True, "own_account": "#"}],
        "guards/migration-closed.html": [{"why": why} for why in ("migrated", "too-late", "stopped")],
        "guards/recovery-link-dead.html": [{"why": why} for why in ("used", "expired", "ended", "unknown")],
    }


def _of_links(theme: Theme) -> States:
    portals = [(theme.name, "#")]
    return {
        "pages/authenticator-added.html": [{}, {"has_codes": True}],
        "pages/device-done.html": [{"allowed": True}, {"allowed": False}],
        "pages/funds.html": [{}, {"is_known": False}],
        "pages/keep-account.html": [{}, {"open": False}],
        "pages/lost-access.html": [{"query": ""}],
        "pages/migrated.html": [
            {"stage": 3, "by_email_only": True, "offers_codes": True},
            {"stage": 3, "attached": True},
        ],
        "pages/passkeys-now.html": [{"added": True}, {"added": False}],
        "pages/portals.html": [{"portals": portals}],
        "pages/stop-migration.html": [{"state": state} for state in ("open", "migrated", "contested", "closed")],
        "pages/stop-recovery.html": [{"state": state} for state in ("open", "stopped", "used", "gone")],
        **{f"pages/way-to-an-account-{way}.html": [{"query": ""}] for way in ("code", "elsewhere", "migration")},
        "pages/undo-email-change.html": [
            {"methods": "#", "state": "open"},
            {"methods": "#", "state": "undone"},
            {"methods": "", "state": "undone"},
            {"methods": "", "state": "late"},
        ],
    }


def _of_accounts(theme: Theme) -> States:
    portal = SimpleNamespace(name=theme.name, since=theme.now, client_id="x", knows=[text("your email address")])
    company = SimpleNamespace(name=COMPANY, is_administrator=True, topics=(), since=theme.now, membership="m")
    email = SimpleNamespace(address=ADDRESS, verified_at=theme.now)
    codes = SimpleNamespace(left=7, added_at=theme.now, last_used_at=None)
    return {
        "account/data.html": [{}, {"file": "#"}],
        "account/overview.html": [{"devices": 2, "language": "Français"}],
        "account/portals.html": [{"portals": [portal], "allowed": [portal], "companies": [company]}],
        "account/security.html": [
            {"email": email, "phone": SimpleNamespace(verified_at=theme.now), "codes": codes},
            {"email": email, "phone": None, "codes": None, "waits_until": theme.now + timedelta(hours=24)},
        ],
    }


def _of_companies(theme: Theme) -> States:
    user = active_user(theme)
    ending = {"valid_until": theme.now + timedelta(days=20), "last_day": theme.now + timedelta(days=19)}
    invited = changed(
        user, state="invited", kind="waiting", label=text("Invited"), is_invited=True, last_sign_in=None, **ending
    )
    expired = changed(invited, state="expired", kind="bad", label=text("Invitation expired"))
    line = SimpleNamespace(at=theme.now, who="Claire Rochat", what=text("Invited"), details=[], whom="Luca Bernasconi")
    nobody = SimpleNamespace(users=[], page=1, pages=0)
    token = SimpleNamespace(
        id="t",
        name="Entra ID",
        author="Claire Rochat",
        created_at=theme.now,
        expires_at=theme.now + timedelta(days=365),
        last_used_at=theme.now,
    )
    return {
        "organisation/directory.html": [{"tokens": [token]}, {"tokens": [], "is_full": True}],
        "organisation/journal.html": [{"lines": [line]}, {"lines": []}],
        "organisation/revoke-token.html": [{"token": token}],
        "organisation/user.html": [{}, {"user": invited}, {"user": expired}],
        "organisation/users.html": [
            {"found": SimpleNamespace(users=[user, invited, expired], page=1, pages=2)},
            {"found": nobody, "one_administrator": False},
        ],
    }
