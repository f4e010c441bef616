"""Alembic revisions, one file each, in one line; each is safe while the previous version still runs."""
