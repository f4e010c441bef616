"""The screens of the journeys, one per file. Shared ones are parameterised, never copied.

A step knows its own questions, proofs and changes. It knows neither its journey nor any other step.

Entry points: one class per module, used in the tuples of `flows/*.py`; templates in `templates/steps/<name>.html`.
"""
