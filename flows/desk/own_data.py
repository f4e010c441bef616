"""A copy of a person's data, for who asked for it by letter or telephone: the same file as on their own pages."""

from dataclasses import replace

from flask import Response

from flows.account.export import archive, sections
from flows.account.export.section import DataSubject
from flows.desk.visit import AfterCommit, DeskVisit
from idp.people.person import Person
from idp.web.branding import Theme


def handed_over(visit: DeskVisit, person: Person) -> AfterCommit:
    """Return the file, which is kept nowhere, collected once nothing is locked any more. The person reads its page."""
    provider, registry, theme = visit.provider, visit.registry, _of_reader(visit, person)
    person_id, name = person.id, f"data-{visit.tx.now:%Y-%m-%d}.zip"
    headers = {"Content-Disposition": f'attachment; filename="{name}"', "Cache-Control": "no-store"}

    def make() -> Response:
        with provider.database.reading() as tx:
            collected = list(sections.of_person(DataSubject(tx, registry, person_id, theme.language)))
        return Response(archive.packed(provider.pages, theme, collected), mimetype="application/zip", headers=headers)

    return AfterCommit(make)


def _of_reader(visit: DeskVisit, person: Person) -> Theme:
    brand, language = visit.theme.brand, person.language or visit.theme.language
    words = visit.provider.wording.translator(language, brand.wording, country=brand.country)
    return replace(visit.theme, translator=words)
