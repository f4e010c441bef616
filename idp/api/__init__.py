"""The API for programs of the funds (`/api/v1`): what clerks do at the command line, done by software.

Owns the check of the caller, the form of requests and answers, and one function for each operation. Everything that
changes state is an action of `idp.actions`, with the program as its author. A program reaches the people and companies
of its own funds and portals; everybody else's do not exist for it.

Entry points: `endpoint.blueprint`, and `routes.OPERATIONS`, the table from which addresses, the OpenAPI document and
the reference page are made. It knows no page and no journey.
"""
