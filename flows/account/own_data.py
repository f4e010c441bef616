"""« Mes données »: what is held about the person, as a file to keep, and the way to delete the account."""

from flask import Response

from flows.account.delete_account import DELETE_ACCOUNT
from flows.account.owner import AccountOwner
from flows.account.rooms import DATA


def show(owner: AccountOwner) -> Response:
    return owner.page("data.html", DATA, delete=owner.address(f"/{DELETE_ACCOUNT.name}"))
