"""The root command and the one list of its groups."""

import click

from idp.commands import (
    audit,
    backups,
    brands,
    clients,
    companies,
    database,
    insured,
    invitations,
    keys,
    legacy,
    letters,
    lost_mailboxes,
    lost_phones,
    passwords,
    people,
    people_import,
    serving,
    sessions,
    staff,
    starting,
    upkeep,
    webhooks,
)
from idp.commands.context import Context


@click.group(context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@click.version_option(package_name="vestibule", message="%(package)s %(version)s")
@click.pass_context
def main(context: click.Context) -> None:
    """Operate the identity provider. `idp COMMAND --help` shows an example of each command."""
    context.ensure_object(Context)


for command in (
    starting.init,
    serving.serve,
    serving.worker,
    database.group,
    backups.backup,
    backups.restore,
    brands.group,
    clients.group,
    keys.group,
    people.group,
    passwords.group,
    sessions.group,
    staff.group,
    audit.group,
    legacy.group,
    insured.group,
    letters.group,
    companies.group,
    invitations.group,
    webhooks.group,
    upkeep.doctor,
    upkeep.purge,
):
    main.add_command(command)

for of_people in (
    people_import.import_people,
    lost_phones.replace_phone,
    lost_phones.keep_phone,
    lost_mailboxes.replace_email,
    lost_mailboxes.keep_email_address,
):
    people.group.add_command(of_people)
