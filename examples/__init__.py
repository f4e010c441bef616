"""Examples of the provider at work: four sample portals, and the supervisor behind `make run`."""
