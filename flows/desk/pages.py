"""The addresses of the desk."""

from collections.abc import Callable

from flask import Blueprint
from werkzeug.wrappers import Response

from flows.desk import (
    act_page,
    appointing,
    closing_company,
    company,
    find,
    former,
    health,
    insured,
    joining,
    letter_campaigns,
    letter_jobs,
    letter_orders,
    letter_uploads,
    overview,
    own,
    person,
    rooms,
    sign_in,
    staff,
)
from flows.desk.records import Seen, opened
from flows.desk.visit import View, refuse_strangers, staff_only
from idp.provider import Provider
from idp.staff import looks, visibility
from idp.staff.appointments import Act
from idp.staff.employing import INVITATION


def blueprint(provider: Provider) -> Blueprint:
    """Everything under `/desk`. Pages without a session come first; every other one asks who comes."""
    pages = Blueprint("desk", __name__)
    pages.before_request(refuse_strangers(provider))

    def public(path: str, get: Callable[..., Response], post: Callable[..., Response]) -> None:
        name = get.__module__.rpartition(".")[2]
        pages.add_url_rule(path, f"{name}-{get.__name__}", lambda **named: get(provider, **named))
        pages.add_url_rule(path, f"{name}-{post.__name__}", lambda **named: post(provider, **named), methods=["POST"])

    def room(path: str, view: View, act: Act | None = None, *, method: str = "GET") -> None:
        name = f"{view.__module__.rpartition('.')[2]}-{view.__name__}"
        pages.add_url_rule(path, name, staff_only(provider, act)(view), methods=[method])

    public(rooms.SIGN_IN, sign_in.show, sign_in.submit)
    public(f"{INVITATION}<staff_id>", joining.ask_code, joining.take_code)
    public(rooms.PASSKEY, joining.ask_passkey, joining.take_passkey)
    room(rooms.HOME, find.show)
    room(rooms.HOME, find.search, Act.SEE, method="POST")
    room(rooms.SIGN_OUT, sign_in.leave, method="POST")
    room(rooms.OWN.path, own.show)
    room(rooms.OWN.path, own.add, method="POST")
    room(f"{rooms.OWN.path}/<passkey_id>/remove", own.remove, method="POST")
    room(rooms.OVERVIEW.path, overview.show, Act.SEE)
    room(rooms.HEALTH.path, health.show, Act.HEALTH)
    room(f"{rooms.HEALTH.path}/webhooks/<client_id>/replay", health.replay, Act.HEALTH, method="POST")
    room(rooms.STAFF.path, staff.show, Act.STAFF)
    room(rooms.STAFF.path, staff.invite, Act.STAFF, method="POST")
    prepared = f"{rooms.STAFF.path}/<staff_id>/prepared/<act_id>"
    room(prepared, appointing.show_prepared, Act.STAFF)
    room(prepared, appointing.decide_prepared, Act.STAFF, method="POST")
    room(f"{rooms.STAFF.path}/<staff_id>/role", staff.change, Act.STAFF, method="POST")
    room(f"{rooms.STAFF.path}/<staff_id>/disable", staff.disable, Act.STAFF, method="POST")
    _letters(room)
    _records(room)
    letter_uploads.allow_large_bodies(pages, provider)
    return pages


def _letters(room: Callable[..., None]) -> None:
    """The pages of letters for many."""
    job, campaign = f"{rooms.LETTERS.path}/jobs/<job_id>", f"{rooms.LETTERS.path}/campaigns/<campaign_id>"
    room(rooms.LETTERS.path, letter_jobs.show, Act.LETTERS)
    room(letter_uploads.PATH, letter_uploads.upload, Act.BULK, method="POST")
    room(job, letter_jobs.show_job, Act.LETTERS)
    room(f"{job}/lines", letter_jobs.faulty_lines, Act.LETTERS)
    room(f"{job}/order", letter_orders.order, Act.BULK, method="POST")
    room(f"{job}/prepared/<act_id>", letter_orders.show_prepared, Act.BULK)
    room(f"{job}/prepared/<act_id>", letter_orders.decide_prepared, Act.BULK, method="POST")
    room(f"{job}/collect", letter_jobs.collect, Act.BULK, method="POST")
    room(f"{job}/discard", letter_jobs.discard, Act.BULK, method="POST")
    room(campaign, letter_campaigns.show, Act.LETTERS)
    room(f"{campaign}/again", letter_campaigns.issue_again, Act.BULK, method="POST")


def _records(room: Callable[..., None]) -> None:
    """The pages of what was found, each with the acts on it."""

    def on(kind: looks.Kind, seen: Seen, path: str, get: View, *posts: tuple[str, View]) -> None:
        base = f"{rooms.HOME}/{path}/<subject_id>"
        room(base, opened(kind, seen, get), Act.SEE)
        for below, view in posts:
            room(f"{base}/{below}", opened(kind, seen, view), Act.SEE, method="POST")

    on(
        looks.PERSON,
        visibility.person,
        "people",
        person.show,
        ("reveal", person.reveal),
        ("acts/<name>", act_page.carry_out),
        ("prepared/<act_id>", act_page.decide_prepared),
    )
    for below, view in (("acts/<name>", act_page.ask), ("prepared/<act_id>", act_page.show_prepared)):
        room(f"{rooms.HOME}/people/<subject_id>/{below}", opened(looks.PERSON, visibility.person, view), Act.SEE)
    withdraw, letter = ("withdraw", insured.withdraw), ("letter", insured.issue)
    on(looks.INSURED, visibility.insured, "insured", insured.show, letter, withdraw)
    on(looks.FORMER, visibility.former, "former", former.show)
    member = ("users/<membership_id>/<act>", company.change_member)
    invite, replace = ("invite", company.invite), ("replace", company.replace)
    close, decide = ("close", closing_company.close), ("prepared/<act_id>", closing_company.decide_prepared)
    on(looks.COMPANY, visibility.company, "companies", company.show, invite, replace, member, close, decide)
    decision = opened(looks.COMPANY, visibility.company, closing_company.show_prepared)
    room(f"{rooms.HOME}/companies/<subject_id>/prepared/<act_id>", decision, Act.SEE)
