"""Everything that is held about a person, as a file for them: never a secret, a digest or a code.

Entry points: `sections.of_person`, the data; `archive.packed`, the file with JSON and a page to read.
"""
