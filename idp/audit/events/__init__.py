"""The catalogue: one module per family, each event a frozen dataclass named in the past tense."""
