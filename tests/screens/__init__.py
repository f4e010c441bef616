"""Pictures of every page of every journey, for `var/screens`: `python -m tests.screens [journey…]`.

The walks are those of the browser tests; their visitor stumbles on every page, so each is seen with its errors too.

Entry points: `journeys.JOURNEYS`, who walks what; `album.Album`, which takes and keeps the pictures.
"""
