"""Coming and going: sign-in, the way to an account, step-up, logout from here and from elsewhere."""

from urllib.parse import urlsplit

from flask import Blueprint, Response, abort, redirect, render_template, request, session
from werkzeug.wrappers import Response as AnyResponse

from examples.portals import language
from examples.portals.configuration import Portal
from examples.portals.payments import bank_details, step_up_parameters
from examples.portals.relying_party import InvalidLogoutToken, RelyingParty, SignInFailed
from examples.portals.store import Store

REASONS = {
    "access_denied": "La connexion a été interrompue, ou ce compte n’a pas accès à ce portail.",
    "temporarily_unavailable": "Le service de connexion est momentanément indisponible.",
    "mismatching_state": "Cette page de retour n’est plus valable : la connexion a commencé dans un autre onglet.",
}
UNKNOWN_REASON = "La réponse du service de connexion n’a pas pu être vérifiée."


def blueprint(portal: Portal, party: RelyingParty, store: Store) -> Blueprint:
    """`/login`, `/register`, `/step-up`, `/callback`, `/logout`, `/backchannel-logout`."""
    pages = Blueprint("signing_in", __name__)

    @pages.route("/login", methods=["GET", "POST"])
    def login() -> AnyResponse:
        """Also the `initiate_login_uri` (OIDC Core §4): others may start a sign-in here, at our provider only."""
        if request.values.get("iss", party.issuer) != party.issuer:
            abort(400, "Ce portail ne connaît pas ce service de connexion.")
        session["return_to"] = own_path(portal, request.values.get("target_link_uri", ""))
        return party.begin(login_hint=request.values.get("login_hint", ""), ui_locales=language.current())

    @pages.get("/register")
    def register() -> AnyResponse:
        return party.begin(prompt="create", ui_locales=language.current())

    @pages.get("/step-up")
    def step_up() -> AnyResponse:
        """Ask for what the service's challenge named, of the person who is signed in (RFC 9470 §4)."""
        visit = store.find(session.get("visit", ""))
        if visit is None:
            return redirect("/login")
        session["return_to"] = "/payments"
        wanted = step_up_parameters(bank_details(visit.claims).challenge)
        return party.begin(login_hint=visit.profile.get("email", ""), ui_locales=language.current(), **wanted)

    @pages.get("/callback")
    def callback() -> AnyResponse | tuple[str, int]:
        try:
            visit = party.finish()
        except SignInFailed as failure:
            reason = REASONS.get(failure.code, UNKNOWN_REASON)
            return render_template("trouble.html", reason=reason, code=failure.code), 400
        store.end(session.get("visit", ""))
        return_to = session.get("return_to", "/")
        chosen = language.current()
        session.clear()
        session["language"] = chosen
        session["visit"] = store.begin(visit)
        return redirect(return_to)

    @pages.post("/logout")
    def logout() -> AnyResponse:
        secret = session.pop("visit", "")
        session["signed_out"] = True
        visit = store.find(secret)
        store.end(secret)
        return party.log_out(visit, language.current()) if visit is not None else redirect("/")

    @pages.post("/backchannel-logout")
    def backchannel_logout() -> Response:
        """Back-Channel Logout §2.8: 200 once the visits are ended, 400 for a token that is not in order."""
        try:
            sid, sub = party.logged_out(request.form.get("logout_token", ""))
        except InvalidLogoutToken:
            return Response(status=400, headers={"Cache-Control": "no-store"})
        store.end_of(sid=sid, sub=sub)
        return Response(status=200, headers={"Cache-Control": "no-store"})

    return pages


def own_path(portal: Portal, target: str) -> str:
    """Return the path of an address of this portal; anything else leads to the first page, never elsewhere."""
    parts = urlsplit(target if target.isprintable() else "")
    ours = urlsplit(portal.url)
    if (parts.scheme, parts.netloc) != (ours.scheme, ours.netloc) or "\\" in target:
        return "/"  # browsers read a backslash as a slash: `/\\host` would lead away
    return "/" + parts.path.lstrip("/") + (f"?{parts.query}" if parts.query else "")
