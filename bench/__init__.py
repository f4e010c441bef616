"""Measurements, read as ratios within one run; each file says how it is called and what its unit is."""
