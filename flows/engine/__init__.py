"""The engine of all journeys: the rule that picks the next page, the stored row, the three phases of a POST.

Owns `Flow`, `Step` and their outcomes, the table of runs, typed form fields, and the two addresses of every journey
(`/<flow>` and `/<flow>/<run>`). Knows no journey, no step and no protocol.

Entry points: `flow.Flow`, `flow.Step`, `outcomes`, `forms`, `run.Run` (what a step is given), `views.journeys`.
"""
