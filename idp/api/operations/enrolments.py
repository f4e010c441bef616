"""The people of a portal, by their ids: who they are is read one by one, and recorded."""

from datetime import datetime

import msgspec

from idp.api.operation import Call, Operation
from idp.api.paging import PageQuery, ResultPage, page_of
from idp.api.problem import NOT_FOUND
from idp.api.rights import PERSONS_READ
from idp.database import Transaction
from idp.people import enrolments
from idp.people.enrolments import Enrolment


class EnrolledPersonRecord(msgspec.Struct, frozen=True, kw_only=True):
    """A person who uses the portal, and since when."""

    person: str
    since: datetime


def list_enrolments(call: Call, tx: Transaction) -> ResultPage[EnrolledPersonRecord]:
    asked = call.query(PageQuery)
    found = enrolments.of_portal(tx, call.names["portal"], after=asked.cursor, limit=asked.limit + 1)
    return page_of(found, asked.limit, cursor=lambda each: each.person_id, shown=_record)


def _record(each: Enrolment) -> EnrolledPersonRecord:
    return EnrolledPersonRecord(person=each.person_id, since=each.enrolled_at)


OPERATIONS = (
    Operation(
        method="GET",
        path="/portals/{portal}/enrolments",
        scope=PERSONS_READ,
        summary="List the people of a portal",
        description="Their ids only. Who a person is, is read one by one, and each look is recorded.",
        query=PageQuery,
        answer=ResultPage[EnrolledPersonRecord],
        act=list_enrolments,
        refusals=(NOT_FOUND,),
    ),
)
