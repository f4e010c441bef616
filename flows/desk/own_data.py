"""A copy of a person's data, for who asked for it by letter or telephone: the same file as on their own pages."""

from flask import Response

from flows.account.export import archive, sections
from flows.account.export.section import DataSubject
from flows.desk.visit import AfterCommit, DeskVisit
from idp.people.person import Person


def handed_over(visit: DeskVisit, person: Person) -> AfterCommit:
    """Collect everything, and return the file, which is kept nowhere. Its page is in the language of the desk."""
    subject = DataSubject(visit.tx, visit.registry, person.id, visit.theme.language)
    collected = list(sections.of_person(subject))
    name = f"data-{visit.tx.now:%Y-%m-%d}.zip"
    headers = {"Content-Disposition": f'attachment; filename="{name}"', "Cache-Control": "no-store"}

    def make() -> Response:
        file = archive.packed(visit.provider.pages, visit.theme, collected)
        return Response(file, mimetype="application/zip", headers=headers)

    return AfterCommit(make)
