"""An independent client finds nothing that RFC 7643 and RFC 7644 do not allow."""

from typing import Any

import pytest
from flask import Flask
from scim2_client.engines.wsgi import WSGISCIMClient
from scim2_tester import Status, check_server

from tests.scim.conftest import SCIM, DirectoryClient

OFFERED = {"User"}
"""Groups are the topics of the portal, which nobody creates or deletes here."""


@pytest.fixture
def overrides() -> dict[str, Any]:
    return {"limits": {"scim": {"times": 100_000, "window": 60}, "company_invitations": {"times": 1000, "window": 60}}}


def test_scim2_tester_finds_no_fault(app: Flask, directory: DirectoryClient) -> None:
    """RFC 7643, RFC 7644"""
    headers = {"Authorization": f"Bearer {directory.token}"}
    client = WSGISCIMClient(app, base_url=f"http://localhost{SCIM}", headers=headers)

    results = check_server(client, resource_types=sorted(OFFERED))

    faults = [f"{each.title}: {each.reason}" for each in results if each.status in (Status.ERROR, Status.CRITICAL)]
    assert faults == []
    assert len([each for each in results if each.status is Status.SUCCESS]) > 25
