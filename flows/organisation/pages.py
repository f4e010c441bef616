"""The addresses of a company's administration."""

from flask import Blueprint, Response

from flows.organisation import directory, invitation, journal, user, users
from flows.organisation.administration import NotAdministrator, administrators_only, refuse
from idp.provider import Provider

PREFIX = "/organisations/<organisation_id>/users"


def blueprint(provider: Provider) -> Blueprint:
    """The list, a user's page, the company's journal, its directory, and what is done with an invitation."""
    pages = Blueprint("organisation", __name__)
    guard = administrators_only(provider)

    @pages.app_errorhandler(NotAdministrator)
    def on_not_administrator(refused: NotAdministrator) -> Response:
        """Show the refusal, that of journeys for administrators included."""
        return refuse(provider, refused)

    pages.add_url_rule(PREFIX, "users", guard(users.show))
    pages.add_url_rule(f"{PREFIX}/journal", "journal", guard(journal.show))
    pages.add_url_rule(f"{PREFIX}/directory", "directory", guard(directory.show))
    pages.add_url_rule(
        f"{PREFIX}/directory/<token_id>/revoke", "revoke_token", guard(directory.revoke), methods=["GET", "POST"]
    )
    pages.add_url_rule(f"{PREFIX}/details", "details", guard(users.open_selected))
    pages.add_url_rule(f"{PREFIX}/<membership_id>", "user", guard(user.show))
    pages.add_url_rule(f"{PREFIX}/<membership_id>/resend", "resend", guard(invitation.resend), methods=["POST"])
    pages.add_url_rule(f"{PREFIX}/<membership_id>/cancel", "cancel", guard(invitation.cancel), methods=["GET", "POST"])
    return pages
