"""`idp clients`: the files that describe relying parties."""

import json
import sys

import click

from idp import random_values
from idp.clients import schema
from idp.commands.context import Context, pass_context, reports_errors, table
from idp.oidc.served_client import ServedClient


@click.group("clients")
def group() -> None:
    """Relying parties: their files, schema and secrets."""


@group.command()
@pass_context
@reports_errors
def check(context: Context) -> None:
    """Read every client and brand file and report each fault with file and path.

    Exit status 1 when there is one. Example: `idp clients check`
    """
    contents = context.files()
    for warning in contents.warnings:
        click.echo(f"warning: {warning}", err=True)
    if contents.problems:
        raise click.ClickException("\n".join(map(str, contents.problems)))
    click.echo(f"{len(contents.clients)} clients, no fault")


@group.command("list")
@pass_context
@reports_errors
def list_clients(context: Context) -> None:
    """List the clients with how they authenticate and which group of portals they share sessions with.

    Example: `idp clients list`
    """
    clients = context.provider.registry.current().clients
    rows = [(c.client_id, c.client_name, c.token_endpoint_auth_method, c.sso_group) for c in clients]
    click.echo(table(("client", "name", "authentication", "sessions shared in"), rows))


@group.command("schema")
def show_schema() -> None:
    """Print the JSON Schema of client files, for editors and checks.

    Example: `idp clients schema > client.schema.json`
    """
    click.echo(json.dumps(schema.document(ServedClient), indent=2, ensure_ascii=False))


@group.command()
def secret() -> None:
    """Make a client secret; prints it once, and the digest for the client's file.

    Example: `idp clients secret`
    """
    fresh = random_values.token()
    digest = random_values.fingerprint(fresh)
    click.echo(f'secret (give it to the portal, it is not stored): {fresh}\nsecret_digests = ["{digest}"]')


@group.command()
def digest() -> None:
    """Read a secret from standard input and print its digest for the client's file.

    Example: `printf %s "$SECRET" | idp clients digest`
    """
    given = sys.stdin.read().strip()
    if weakness := random_values.weakness(given):
        raise click.ClickException(f"this is no client secret: {weakness}. Use `idp clients secret`")
    click.echo(f'secret_digests = ["{random_values.fingerprint(given)}"]')
