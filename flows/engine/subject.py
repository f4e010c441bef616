"""The subject of a run in addition to the person: a company, one of its users, a mailed link.

A flow says how it is read from the query of the journey's first page. The engine stores it with the run: later pages
carry only the id of the run.
"""

import msgspec


class Subject(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Base of all kinds. Ids only, in JSON types; an id of nothing is empty."""
