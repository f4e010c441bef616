"""The sample values of pages: one set for all templates, because a name means the same in nearly all of them."""

from datetime import timedelta
from types import SimpleNamespace

from idp.clients.client import Client
from idp.web.branding import Theme
from idp.web.problems import PageLink, Problem
from idp.wording import text

ADDRESS = "anne.rochat@example.ch"
PHONE = "+41 79 123 45 67"
COMPANY = "Menuiserie Rochat SA"
OTHERS = (
    SimpleNamespace(name="email", label=text("Get the code by email")),
    SimpleNamespace(name="totp", label=text("Use the authenticator app")),
    SimpleNamespace(name="recovery", label=text("Use a recovery code")),
)
HONORIFICS = (("mrs", text("Mrs")), ("mr", text("Mr")), ("none", text("Prefer not to say")))
LABELS = {"passkey": text("Passkey"), "totp": text("Authenticator app")}
ROOMS = (
    SimpleNamespace(path="", label=text("Overview"), about=text("Your name, your address, your last sign-in.")),
    SimpleNamespace(
        path="/security", label=text("Sign-in and security"), about=text("Your password, your address, your number.")
    ),
    SimpleNamespace(
        path="/devices", label=text("Devices"), about=text("Where you are signed in. You can sign out elsewhere.")
    ),
)


def nowhere(*_of: object, **_named: object) -> str:
    """Return an address that leads nowhere: the links of a preview are not followed."""
    return "#"


def shared(theme: Theme, client: Client) -> dict[str, object]:
    """Return what all templates are given; each reads what it knows."""
    return {
        **_frame(client),
        **_person(theme),
        **_code(theme),
        **_account(theme),
        **_company(theme, client),
        **_ends(theme),
    }


def _frame(client: Client) -> dict[str, object]:
    row = SimpleNamespace(request="")
    run = SimpleNamespace(
        client=client, policy=client.policy, return_url="/", way_out="/", person_id="", foreign=False, row=row
    )
    return {
        "errors": {},
        "typed": {},
        "csrf_field": lambda: "",
        "nonce": lambda: "",
        "run": run,
        "stage": None,
        "stages": (),
        "notice": "",
        "step": "sample",
        "page_id": "",
        "back": "",
        "time_limit": None,
        "openings": (),
        "hint": "",
        "request": "",
        "opened": False,
        "path": "/",
        "query": "",
        "action": "/",
        "cancel": "/",
        "detail": "/",
        "done": None,
        "funds": client.funds,
        "is_known": True,
        "links": [PageLink(text("To the list of portals"), "/")],
    }


def _person(theme: Theme) -> dict[str, object]:
    facts = SimpleNamespace(
        email=ADDRESS, given_name="Anne", family_name="Rochat", language=theme.language, person_id="", phone_proved=True
    )
    names = {"given_name": "Anne", "family_name": "Rochat", "honorific": "mrs", "birth_date": "16.07.1956"}
    return {
        "facts": facts,
        "known": names,
        **dict.fromkeys(("email", "address", "username", "mailbox"), ADDRESS),
        **dict.fromkeys(("meant", "birth_date"), ""),
        **dict.fromkeys(("phone_later", "own", "attached", "spared"), False),
        "phone": PHONE,
        "number": "+41 79 ••• •• 67",
        "masked": "an•••••t@example.ch",
        "identifier": "CVCI00001234",
        "whom": "Luca Bernasconi",
        "called": "iPhone",
        "proposed": text("My phone"),
        "example": PHONE,
        "has_number": True,
        "honorifics": HONORIFICS,
        "languages": (("fr", "Français"), ("de", "Deutsch")),
        "offered": (("fr", "Français"), ("de", "Deutsch")),
        "language": theme.language,
        "fixed_names": False,
        "chooses_password": False,
        "by_email_only": False,
        "offers_codes": False,
        "elsewhere": True,
        "safer": True,
        "may_change": False,
        "no_entry": "",
        "asks_phone": True,
        "asks_birth_date": True,
        "by_invitation": False,
        "undoes_change": False,
        "since": True,
        "opening": SimpleNamespace(company=COMPANY, given_name="Anne", family_name="Rochat"),
    }


def _code(theme: Theme) -> dict[str, object]:
    live = SimpleNamespace(expires_at=theme.now + timedelta(minutes=5), resend_at=theme.now + timedelta(seconds=45))
    stages = [theme.translator(each) for each in (text("Email"), text("Phone"), text("Password"))]
    return {
        "live": live,
        "ended": "",
        "code_length": 6,
        "code_alphabet": "digits",
        "sent_to": ADDRESS,
        "channel": "email",
        "channel_down": False,
        "others": OTHERS,
        "by_sms": True,
        "newer": "",
        "wait": 48,
        "title": text("Code from the email"),
        "stages": stages,
        "minutes": 5,
        "code_minutes": 10,
        "floor": 12,
        "hours": 12,
        "codes": ["K7M3Q XAH4T B9RWD"] * 10,
        "replaces": True,
        "key": "JBSW Y3DP EHPK 3PXP",
        "qr": "",
        **dict.fromkeys(("uri", "onward"), "#"),
        "passkey_options": "{}",
        "creation_options": "{}",
        "unknown_passkey": None,
        "signals": {},
        "full": False,
        "until": theme.now + timedelta(hours=2),
        "opens_at": theme.now + timedelta(hours=24),
        "method": "email",
        "mail_down": False,
        "sms_down": False,
        "sms_sent": True,
        "has_codes": False,
        "adding": {},
    }


def _account(theme: Theme) -> dict[str, object]:
    return {**_rooms(theme), **_ways_to_sign_in(theme), **_sign_ins(theme)}


def _rooms(theme: Theme) -> dict[str, object]:
    person = SimpleNamespace(full_name="Anne Rochat")
    return {
        "owner": SimpleNamespace(person=person, address=nowhere, journey=nowhere),
        "rooms": ROOMS,
        "here": ROOMS[1],
        "portal": "/",
        "person_name": "Anne Rochat",
        "sign_out": "#",
        "advice": None,
        "file": "",
        "download": "#",
        "delete": "#",
        "titles": [text("Activity")],
        "allowed": [],
        "companies": [],
        "hindrances": [],
        "client_id": "x",
        "client_name": theme.name,
        "knows": [text("your email address")],
        "day": theme.now + timedelta(days=30),
    }


def _ways_to_sign_in(theme: Theme) -> dict[str, object]:
    passkey = SimpleNamespace(id="p", name="iPhone", added_at=theme.now, last_used_at=theme.now)
    return {
        "masked_email": "an•••••t@example.ch",
        "masked_phone": "+41 79 ••• •• 67",
        "codes_by": {"email"},
        "password": SimpleNamespace(changed_at=theme.now),
        "waits_until": None,
        "new_password": "#",
        "remove": None,
        "passkeys": [passkey],
        "apps": [],
        "add_passkey": "#",
        "add_app": "#",
        "add_codes": "#",
        "options": [("p", "iPhone")],
        "chosen": "p",
    }


def _sign_ins(theme: Theme) -> dict[str, object]:
    where = {"device": "Firefox, Linux", "network": "203.0.113.x"}
    line = SimpleNamespace(
        what=text("Signed in"), at=theme.now, detail="", portal=theme.name, who="", reference="8F3K-22QX", **where
    )
    device = SimpleNamespace(
        id="1",
        name="Firefox, Linux",
        is_this=True,
        signed_in_at=theme.now,
        last_seen_at=theme.now,
        network="203.0.113.x",
        portals=(theme.name,),
    )
    return {
        "lines": [line],
        "newest": True,
        "older": "",
        "devices": [device, changed(device, id="2", is_this=False)],
        "device": device,
        "session": "2",
        "event": "8F3K-22QX",
        "what": text("Signed in"),
        "at": theme.now,
        "network": "203.0.113.x",
        "last_sign_in": theme.now,
    }


def active_user(theme: Theme) -> SimpleNamespace:
    """Return a user of a company, with all that a page may want to know of one."""
    return SimpleNamespace(
        id="u",
        name="Luca Bernasconi",
        sorted_name="Bernasconi, Luca",
        given_name="Luca",
        family_name="Bernasconi",
        email="luca.bernasconi@example.ch",
        is_administrator=False,
        is_invited=False,
        state="active",
        kind="good",
        label=text("Active"),
        last_sign_in=theme.now,
        valid_until=None,
        last_day=None,
        membership=SimpleNamespace(is_administrator=False, topics=(), state="active"),
    )


def _company(theme: Theme, client: Client) -> dict[str, object]:
    user = active_user(theme)
    query = SimpleNamespace(words="", sort="name", descending=False, sorting=nowhere, to_page=nowhere)
    return {
        "admin": SimpleNamespace(users="/users", portal="/", company=SimpleNamespace(name=COMPANY)),
        "user": user,
        "company": SimpleNamespace(name=COMPANY),
        "inviting_company": COMPANY if client.policy.entry == "membership" else "",
        "edit": nowhere,
        "users": "/users",
        "new_user": "#",
        "query": query,
        "user_address": nowhere,
        "one_administrator": True,
        "awaited": "",
        "explained": None,
        "found": SimpleNamespace(users=[user], page=1, pages=1),
        "change_phone": "#",
        "changes_phone": True,
        "topics": client.topic_labels([topic.id for topic in client.topics], theme.language),
        "ticked": (),
        "scim": "https://login.example.ch/scim/v2",
        "token": "vestibule-scim-aB3dE6gH9jK2mN5pQ8sT1vW4xY7zA0cF_hLrUoXiMwE",
        "new_token": "#",
        "is_full": False,
        "lifetimes": [("90", theme.translator(text("3 months"))), ("365", theme.translator(text("1 year")))],
        "organisations": [("1", COMPANY), ("2", "Fiduciaire Blanc & Cie")],
        "present": "1",
        "refusal": None,
    }


def _ends(theme: Theme) -> dict[str, object]:
    problem = Problem(
        text("This page has expired"), text("It has been too long since you left the portal. Go back and start again.")
    )
    return {
        "problem": problem,
        "again": None,
        "portals": (theme.name,),
        "why": "expired",
        "last_day": theme.now.date(),
        "state": "open",
        "due_at": theme.now + timedelta(days=30),
        "open": True,
        "allowed": [],
        "may_allow": True,
        **{
            "sign_in": "#",
            "fault": "",
            "recovery": "#",
            "security": "#",
            "wanted": [text("your email address")],
            "away": "",
            "host": "",
        },
        **{
            "added": text("Your old user ID will be linked to it."),
            "reason": text("This page was updated while you were away. Start again. Your answers have been kept."),
        },
    }


def changed(thing: SimpleNamespace, **own: object) -> SimpleNamespace:
    """Return a copy of this with some values of its own."""
    return SimpleNamespace(**{**vars(thing), **own})
