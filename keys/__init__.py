"""Keys as pure code: no table, no clock, no configuration; rows and a time are handed in.

`sealing` encrypts values at rest, `ring` decides which signing key is announced, active or retired.
"""
