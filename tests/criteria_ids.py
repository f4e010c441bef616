"""Every criterion id of the journeys and every conformance module that applies, so that coverage can be listed."""

JOURNEYS = {
    "A": [*range(1, 17), *range(20, 41)],
    "B": [*range(1, 13), *range(20, 32), *range(40, 54)],
    "C": [*range(1, 26)],
    "D": [*range(1, 23)],
    "X": [*range(1, 32)],
}


def criteria() -> list[str]:
    return [f"{letter}-{number:02d}" for letter, numbers in JOURNEYS.items() for number in numbers]
