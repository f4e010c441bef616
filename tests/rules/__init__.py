"""The architecture as tests: who may import whom, sizes, one place for each thing."""
