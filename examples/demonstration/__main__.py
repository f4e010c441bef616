"""Make and show the demonstration people: `python -m examples.demonstration load`."""

from examples.demonstration.people import group

if __name__ == "__main__":
    group()
