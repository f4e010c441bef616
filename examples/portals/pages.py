"""The pages of a portal: its front page, and those of a signed-in person."""

from collections.abc import Callable
from datetime import date

from flask import Blueprint, Response, abort, redirect, render_template, session
from werkzeug.wrappers import Response as AnyResponse

from examples.portals import documents, language, payments
from examples.portals.configuration import Portal
from examples.portals.relying_party import RelyingParty
from examples.portals.store import Store, Visit

Page = str | AnyResponse


def blueprint(portal: Portal, party: RelyingParty, store: Store, today: Callable[[], date]) -> Blueprint:
    """`/`, `/documents`, `/payments`, `/account`, `/terms`, `/privacy`, and the style sheet of the portal's colours."""
    pages = Blueprint("pages", __name__)

    def visiting() -> Visit | None:
        """Return the browser's owner, read at each request, so that a logout elsewhere shows at the next click."""
        secret = session.get("visit", "")
        visit = store.find(secret)
        return party.refreshed(secret, visit) if visit is not None and portal.live_claims else visit

    @pages.get("/")
    def front() -> Page:
        visit = visiting()
        if visit is None:
            was_signed_in = session.pop("visit", None) is not None
            return render_template("front.html", ended=was_signed_in, signed_out=session.pop("signed_out", False))
        return render_template("home.html", visit=visit, companies=visit.profile.get("organisations", []))

    @pages.get("/documents")
    def list_documents() -> Page:
        visit = allowed("documents")
        if visit is None:
            return redirect("/")
        return render_template("documents.html", visit=visit, years=documents.by_year(documents.kept(today())))

    @pages.get("/documents/<document_id>.pdf")
    def show_document(document_id: str) -> Page:
        visit = allowed("documents")
        if visit is None:
            return redirect("/")
        found = next((document for document in documents.kept(today()) if document.id == document_id), None)
        if found is None:
            abort(404)
        return Response(documents.pdf(found, visit.profile.get("name", "")), mimetype="application/pdf")

    @pages.get("/payments")
    def show_payments() -> Page | tuple[str, int]:
        visit = allowed("payments")
        if visit is None:
            return redirect("/")
        answer = payments.bank_details(visit.claims)
        wanted = payments.step_up_parameters(answer.challenge)
        return render_template("payments.html", visit=visit, wanted=wanted), answer.status

    @pages.get("/account")
    def account() -> AnyResponse:
        return redirect(party.account_page(language.current()))

    @pages.get("/terms")
    def terms() -> str:
        return render_template("terms.html")

    @pages.get("/privacy")
    def privacy() -> str:
        return render_template("privacy.html")

    @pages.get("/colours.css")
    def colours() -> Response:
        return Response(f":root{{--brand:{portal.colour};--tint:{portal.tint}}}", mimetype="text/css")

    @pages.get("/health")
    def health() -> str:
        return "ok"

    def allowed(page: str) -> Visit | None:
        """Return the person's visit, on portals that have this page."""
        if page not in portal.pages:
            abort(404)
        return visiting()

    return pages
