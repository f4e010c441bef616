"""Requests that schemathesis invents from the OpenAPI document: no 5xx, and no answer outside of the schema."""

import pytest
import schemathesis
from flask import Flask
from hypothesis import HealthCheck, Phase, given, settings
from schemathesis import checks
