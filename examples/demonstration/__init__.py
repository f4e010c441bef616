"""People with known passwords for the sample portals and for conformance runs; no part of the product."""
