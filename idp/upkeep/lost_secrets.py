"""The end of what nothing opens any more, once a key of `IDP_SECRETS` is lost for good, so that people can begin anew.

Sealed values go, or are emptied where the row says more than the value. Letters and invitations whose codes nobody can
check are withdrawn. Passwords are emptied and disabled: they are refused at the same cost, and their owners choose new
ones; a registration whose password waits begins anew. Messages are not sent. Jobs end whose files are lost, and no
others.
Sessions and refresh tokens rest on no key of the environment and go on.
"""

from collections.abc import Mapping, Sequence

import msgspec
import sqlalchemy as sa

from idp.actions import letter_jobs, member_jobs
from idp.actions.actor import SYSTEM, of_audit
from idp.audit.events.desk import SecretsAbandoned
from idp.audit.log import record
from idp.credentials.passwords import Password
from idp.credentials.pending import PendingPassword
from idp.credentials.recovery_codes import RecoveryCode
from idp.database import Database, Origin, Transaction
from idp.invitations.letters.job import LetterJob
from idp.invitations.registration_code import LIVE, RegistrationCode
from idp.jobs.job_files import JobPiece
from idp.messages.outbox import OutboxRow
from idp.organisations.member_job import MemberJob
from idp.people.insured import Particulars
from idp.people.legacy import LegacyAccount
from idp.provider import Provider
from idp.upkeep import nodes, restored_codes
from idp.upkeep.credential_checks import peppered_under_no_key, under_no_key, without_known_key
from idp.upkeep.resealing import BATCH, SEALED, SealedColumn

NOBODY = msgspec.json.encode(Particulars(given_name="", family_name=""))
EMPTIED: Mapping[str, bytes] = {"register of insured persons": NOBODY, "legacy passwords": b""}
"""Values that take the place of those whose row stays; a new import of the register or the directory fills it."""


def known_elsewhere(tx: Transaction) -> list[str]:
    """Return the processes that know a key which this one does not: then it is not lost."""
    *others, own = nodes.alive(tx, tx.sealer)
    return [node.id for node in others if set(node.keys) - set(own.keys)]


def abandon(provider: Provider, origin: Origin, *, reason: str) -> None:
    """End what no listed key opens, and make signing keys. Can be repeated after a fault."""
    with provider.database.transaction(origin) as tx:
        record(tx, SecretsAbandoned(rows=sum(under_no_key(tx, tx.sealer).values()), reason=reason))
        for kind, sealed in SEALED.items():
            if kind not in EMPTIED:
                tx.execute(sa.delete(sealed.column.class_).where(without_known_key(tx.sealer, sealed.column)))
        tx.execute(sa.delete(RecoveryCode).where(without_known_key(tx.sealer, RecoveryCode.digest)))
        emptied = {"hash": "", "retired_at": tx.now, "version": Password.version + 1}
        tx.execute(sa.update(Password).where(peppered_under_no_key(tx.sealer, Password.hash)).values(emptied))
        tx.execute(sa.delete(PendingPassword).where(peppered_under_no_key(tx.sealer, PendingPassword.hash)))
        unsent = {"done_at": tx.now, "outcome": "expired", "payload": "", "lease": ""}
        tx.execute(sa.update(OutboxRow).where(without_known_key(tx.sealer, OutboxRow.payload)).values(unsent))
        _discard_jobs(tx, reason)
        live = RegistrationCode.state.in_(LIVE)
        codes = sa.select(RegistrationCode.id).where(live, without_known_key(tx.sealer, RegistrationCode.code_digest))
        withdrawn: Sequence[str] = tx.execute(codes).scalars().all()
    for kind, empty in EMPTIED.items():
        _empty(provider.database, origin, SEALED[kind], empty)
    restored_codes.end(provider.database, origin, withdrawn, reason=reason)
    with provider.database.transaction(origin) as tx:
        unknown = without_known_key(tx.sealer, RegistrationCode.code_digest)
        tx.execute(sa.update(RegistrationCode).where(unknown).values(code_digest=None))
    provider.signing_keys.tend()


def _discard_jobs(tx: Transaction, reason: str) -> None:
    """End the jobs that have lost a piece of a file. Without it a worker would take them for done."""
    lost = without_known_key(tx.sealer, JobPiece.sealed)
    jobs: Sequence[str] = tx.execute(sa.select(JobPiece.job_id).where(lost).distinct()).scalars().all()
    by = of_audit(tx.origin.actor) or SYSTEM
    for job_id in jobs:
        if (letters := tx.session.get(LetterJob, job_id)) is not None:
            letter_jobs.discard(tx, letters, by=by, reason=reason)
        elif (of_members := tx.session.get(MemberJob, job_id)) is not None:
            member_jobs.discard(tx, of_members, by=by, reason=reason)
    tx.execute(sa.delete(JobPiece).where(lost))


def _empty(database: Database, origin: Origin, sealed: SealedColumn, empty: bytes) -> None:
    """Put an empty value into each row, sealed for it, or no value at all."""
    of = sealed.column.class_
    more = {"line_digest": ""} if of is LegacyAccount else {}  # an import then takes the same line again
    while True:
        with database.transaction(origin) as tx:
            lost = sa.select(sealed.context).where(without_known_key(tx.sealer, sealed.column)).limit(BATCH)
            rows: Sequence[str] = tx.execute(lost).scalars().all()
            for row in rows:
                value = tx.sealer.seal(sealed.purpose, empty, context=row) if empty else ""
                tx.execute(sa.update(of).where(sealed.context == row).values({sealed.column.key: value, **more}))
        if len(rows) < BATCH:
            return
