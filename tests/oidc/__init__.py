"""The protocol on the wire, one file per feature."""
