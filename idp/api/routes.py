"""The table of all operations: addresses, the OpenAPI document and the reference page are made from it."""

from idp.api.operation import Operation
from idp.api.operations import persons, sessions

OPERATIONS: tuple[Operation, ...] = (*persons.OPERATIONS, *sessions.OPERATIONS)
