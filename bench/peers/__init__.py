"""Ours beside npm's oidc-provider and Keycloak, in one run on one machine: `make bench-peers`.

`bench/README.md` says what is compared with what. Ratios within a run are the result; rates alone say little, since the
load comes from the same processors.
"""
