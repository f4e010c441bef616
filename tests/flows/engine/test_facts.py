"""What steps store becomes typed values again, whichever file declares the kind."""

from itertools import chain
from typing import ClassVar

import flows
from flows.engine.facts import StepFacts, merged, stored

assert flows.JOURNEYS  # every kind is declared once they are loaded


class Weather(StepFacts, frozen=True):
    """Declared here only, as a step would beside itself."""

    joined: ClassVar[frozenset[str]] = frozenset({"clouds"})

    wind: str = ""
    clouds: tuple[str, ...] = ()


def kinds_below(kind: type[StepFacts]) -> list[type[StepFacts]]:
    return list(chain.from_iterable([each, *kinds_below(each)] for each in kind.__subclasses__()))


def test_a_kind_is_merged_from_the_results_of_all_steps() -> None:
    results = [stored(Weather(wind="bise")), stored(StepFacts(person_id="anne")), {"email": "anne@example.ch"}]

    assert merged(Weather, results) == Weather(person_id="anne", wind="bise")


def test_a_list_that_steps_join_holds_what_each_of_them_added() -> None:
    results = [stored(Weather(clouds=("cirrus",))), stored(Weather(clouds=("stratus",)))]

    assert merged(Weather, results).clouds == ("cirrus", "stratus")


def test_a_fact_that_no_step_set_is_stored_nowhere() -> None:
    assert stored(Weather(wind="bise")) == {"wind": "bise"}


def test_no_two_kinds_declare_the_same_fact() -> None:
    """They would read each other's results."""
    kinds = kinds_below(StepFacts)
    own = [(kind, fact) for kind in kinds for fact in kind.__annotations__ if fact in kind.__struct_fields__]

    assert {fact: kind.__name__ for kind, fact in own} == {fact: kind.__name__ for kind, fact in reversed(own)}
    assert len(own) > 10
