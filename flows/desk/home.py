"""The first page of the desk."""

from flask import Response

from flows.desk import rooms
from flows.desk.visit import DeskVisit
from idp.staff import passkeys


def show(visit: DeskVisit) -> Response:
    few = len(passkeys.of_staff(visit.tx, visit.staff.id)) < 2
    return visit.page("home.html", rooms.FIND, lacks_second_passkey=few)
