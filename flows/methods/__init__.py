"""The screens of the methods of signing in, one file each: `<name>.py` with `METHOD`, and `OPENING` if it can open.

A method is a step that a choice shows (`steps.first_factor`, `steps.second_step`): it brings its form, its template
`methods/<name>.html`, slow work in `prepare` and its check in `submit`. It knows neither what was proved before it nor
the session after it. The strength of a method is in its row of `idp.methods`.

Entry points: `table.methods`, `table.openings`, `usable`, `method.Method`.
"""
