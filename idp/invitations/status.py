"""What the desk may see of codes: all but the code itself."""

from collections.abc import Iterator

import sqlalchemy as sa

from idp.database import Transaction
from idp.invitations.registration_code import Code, RegistrationCode, read_code, select_codes

TABLE = RegistrationCode.__table__

OF_SUBJECT = select_codes().where(TABLE.c.subject_id == sa.bindparam("of_subject")).order_by(TABLE.c.id.desc())
BY_REFERENCE = select_codes().where(TABLE.c.reference == sa.bindparam("of_reference"))
OF_CAMPAIGN = select_codes().where(TABLE.c.campaign_id == sa.bindparam("of_campaign")).order_by(TABLE.c.id)


def of_subject(tx: Transaction, subject_id: str) -> list[Code]:
    """Every code of an insured person, company or membership, the newest first."""
    return [read_code(row) for row in tx.execute(OF_SUBJECT, {"of_subject": subject_id})]


def by_reference(tx: Transaction, reference: str) -> Code | None:
    """The code whose letter or mail carries this reference; blanks, small letters and a missing hyphen are forgiven."""
    bare = "".join(symbol for symbol in reference[:40].upper() if symbol.isalnum())
    row = tx.execute(BY_REFERENCE, {"of_reference": f"{bare[:4]}-{bare[4:]}"}).one_or_none()
    return None if row is None else read_code(row)


def of_campaign(tx: Transaction, campaign_id: str) -> Iterator[Code]:
    """The codes of a campaign in the order in which they were drawn."""
    for row in tx.execute(OF_CAMPAIGN, {"of_campaign": campaign_id}):
        yield read_code(row)
