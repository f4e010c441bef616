"""`idp brands`: what portals look like, checked and shown."""

import json
from pathlib import Path

import click

from idp.clients import schema
from idp.clients.brand import Brand
from idp.clients.client import Client
from idp.clients.registry import Registry
from idp.commands.context import Context, pass_context, reports_errors
from idp.web.preview.document import document


@click.group("brands")
def group() -> None:
    """Brands: their folders and what their pages look like."""


@group.command()
@pass_context
@reports_errors
def check(context: Context) -> None:
    """Read every brand folder and report each fault: fields, colours with their contrast, pictures.

    Exit status 1 when there is one. Example: `idp brands check`
    """
    contents = context.files()
    folder = Path(context.settings.files.brands).name
    if faults := [str(problem) for problem in contents.problems if problem.file.startswith(f"{folder}/")]:
        raise click.ClickException("\n".join(faults))
    click.echo(f"{len(contents.brands)} brands, no fault")


@group.command("schema")
def show_schema() -> None:
    """Print the JSON Schema of `brand.toml`, for editors and checks.

    Example: `idp brands schema > brand.schema.json`
    """
    click.echo(json.dumps(schema.brand_document(), indent=2, ensure_ascii=False))


@group.command("preview")
@click.argument("brand_id", metavar="[BRAND]", default="")
@click.option("--output", required=True, type=click.Path(file_okay=False, path_type=Path), help="Folder for the pages.")
@click.option("--language", default="", help="The language of the pages; otherwise the portal's first.")
@pass_context
@reports_errors
def show(context: Context, brand_id: str, output: Path, language: str) -> None:
    """Write the pages, mails, SMS and letters of a brand, or of every portal's, with sample data: one HTML file each.

    The file loads nothing from elsewhere. Example: `idp brands preview connect --output preview`
    """
    registry = context.provider.registry.current()
    worn = [(brand, client) for brand, client in _worn(registry) if brand_id in {"", brand.id}]
    if not worn:
        raise click.ClickException(f"no portal wears a brand {brand_id}")
    offered = context.provider.wording.languages
    if language and language not in offered:
        raise click.ClickException(f"--language: one of {', '.join(offered)} is expected")
    try:
        output.mkdir(parents=True, exist_ok=True)
        for brand, client in worn:
            path = output / f"{brand.id}.html"
            spoken = language or (client.policy.languages or offered)[0]
            path.write_text(document(context.provider, brand, client, spoken), encoding="utf-8")
            click.echo(path)
    except OSError as error:
        raise click.ClickException(f"{output}: {error.strerror}") from error


def _worn(registry: Registry) -> list[tuple[Brand, Client]]:
    """Return every brand that a portal wears, with the first portal that people sign in to."""
    portals = [client for client in registry.clients if client.brand and client.redirect_uris]
    first = {client.brand: client for client in reversed(portals)}
    return [(registry.brand_of(client), client) for client in first.values()]
