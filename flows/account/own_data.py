"""« Mes données »: what is held about the person, as a file to keep, and the way to delete the account."""

from flask import Response, redirect, request
from werkzeug.wrappers import Response as AnyResponse

from flows.account.delete_account import DELETE_ACCOUNT
from flows.account.download_data import DOWNLOAD_DATA, READY, is_allowed
from flows.account.export import archive, sections
from flows.account.export.section import DataSubject
from flows.account.owner import AccountOwner
from flows.account.rooms import DATA

FILE = f"{DATA.path}/file"


def show(owner: AccountOwner) -> Response:
    ready = request.args.get(READY, "")
    return owner.page(
        "data.html",
        DATA,
        file=owner.address(FILE, **{READY: ready}) if ready and is_allowed(owner, ready) else "",
        download=owner.address(f"/{DOWNLOAD_DATA.name}"),
        delete=owner.address(f"/{DELETE_ACCOUNT.name}"),
    )


def download(owner: AccountOwner) -> AnyResponse:
    """Return the file, while the link is good; afterwards the page where another one is asked for."""
    if not is_allowed(owner, request.args.get(READY, "")):
        return redirect(owner.address(DATA.path), 303)
    registry = owner.provider.registry.current()
    subject = DataSubject(owner.tx, registry, owner.person_id, owner.theme.language)
    file = archive.packed(owner.provider.pages, owner.theme, list(sections.of_person(subject)))
    response = Response(file, mimetype="application/zip")
    name = f"my-data-{owner.tx.now:%Y-%m-%d}.zip"
    response.headers["Content-Disposition"] = f'attachment; filename="{name}"'
    response.headers["Cache-Control"] = "no-store"
    return response
