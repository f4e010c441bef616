"""The screens of the journeys, one per file. Shared ones are parameterised, never copied.

A step knows what it asks, proves and changes; it does not know the journey it stands in, nor any other step.

Entry points: one class per module, used in the tuples of `flows/*.py`; templates in `templates/steps/<name>.html`.
"""
