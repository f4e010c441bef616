"""The words for letter jobs: their states, and why a line of a register cannot be used."""

import re
from collections.abc import Mapping, Sequence

from idp.invitations.letters.faulty_lines import FaultyLine
from idp.invitations.letters.job import JobState
from idp.wording import Text, text

STATES: Mapping[str, tuple[Text, str]] = {
    JobState.CHECKING: (text("Being checked"), "waiting"),
    JobState.CHECKED: (text("Checked, not ordered yet"), "waiting"),
    JobState.IMPORTING: (text("Register being stored"), "waiting"),
    JobState.DRAWING: (text("Codes being generated"), "waiting"),
    JobState.PRINTING: (text("Letters being made"), "waiting"),
    JobState.READY: (text("Ready to download"), "good"),
    JobState.FINISHED: (text("Finished"), "off"),
    JobState.DISCARDED: (text("Discarded"), "off"),
    JobState.FAILED: (text("Failed"), "bad"),
}

WAITS = text("Waiting for a second person"), "waiting"
"""In place of the state of a job whose order a second supervisor has to confirm."""

REFUSED, LEFT_OUT = text("Not stored"), text("Stored, no letter")
REASONS: Sequence[tuple[str, Text]] = (
    (r"empty: (?P<columns>.+)", text("Nothing in the column %(columns)s.")),
    (r"(?P<found>\d+) columns instead of (?P<wanted>\d+)", text("%(found)s columns instead of %(wanted)s.")),
    (r"number: on an earlier line .*", text("An earlier line has the same number.")),
    (r"quotes: .*", text("A quotation mark stands alone.")),
    (r"not UTF-8: .*", text("Not UTF-8. In Excel, save the file as “CSV UTF-8”.")),
    (r"holds a character that another program .*", text("Another program has lost a character of this line.")),
    (r"holds a formula: .*", text("A cell has a formula. Paste its value alone.")),
    (r"holds an error of the spreadsheet.*", text("A cell shows an error of the spreadsheet.")),
    (r"(?P<column>\w+): longer than (?P<most>\d+) characters", text("%(column)s: longer than %(most)s characters.")),
    (r"longer than (?P<most>\d+) characters", text("Longer than %(most)s characters.")),
    (r"(?P<column>\w+): holds a control character", text("%(column)s: has a character that cannot be printed.")),
    (r"holds a NUL character", text("Has a character that cannot be printed.")),
    (r"birth_date: not a date .*", text("birth_date: not a date such as 24.03.1957.")),
    (r"birth_date: there is no such day", text("birth_date: this day does not exist.")),
    (r"birth_date: lies in the future", text("birth_date: in the future.")),
    (r"birth_date: its time .*", text("birth_date: has a time. Write the day alone.")),
    (r"language: not one of (?P<offered>.+)", text("language: none of %(offered)s.")),
    (r"(?P<column>given_name|family_name): .*", text("%(column)s: cannot be a name.")),
    (
        r"headings: unknown (?P<unknown>.+), missing (?P<missing>.+), each once; known are .*",
        text("The headings do not fit. Unknown: %(unknown)s. Missing: %(missing)s."),
    ),
    (r"headings: .*|the quotes of the headings.*", text("The first line has no usable headings.")),
    (r"the file has no line .*", text("The file has no line below its headings.")),
    (r"more than a million lines: .*", text("The file has more than a million lines. Split it.")),
    (r"this workbook cannot be read.*", text("The workbook cannot be read. Save it again, or save it as “CSV UTF-8”.")),
    (
        r"this workbook unpacks to .*",
        text("The workbook is too large when it is unpacked. Save it as “CSV UTF-8”."),
    ),
    (r"this workbook has no table", text("The workbook has no table.")),
    (r"this is .*", text("The file is no table in UTF-8. Save it as “CSV UTF-8”.")),
    (r"no portal serves this fund any more", text("This fund is not served any more.")),
    (r"the file of the program .*", text("The program that ordered this may not do it any more.")),
    (r"the work broke off .*", text("The work broke off several times. Tell an operator.")),
)
"""Reasons of the importers, which speak English to operators, as a clerk reads them."""
COMPILED = [(re.compile(pattern), said) for pattern, said in REASONS]


def reason_said(reason: str) -> Text:
    """Return the reason for staff; one without words of its own stays as it is."""
    for pattern, said in COMPILED:
        if found := pattern.fullmatch(reason):
            return Text(said.msgid, found.groupdict())
    return Text(reason)


def fault_said(fault: FaultyLine) -> Text:
    """Return why a line is refused, or its reader gets no letter."""
    return left_out_said(fault.reason) if fault.is_kept else reason_said(fault.reason)


def left_out_said(msgid: str) -> Text:
    """Return why somebody gets no letter; which characters a font lacks is left out."""
    return Text(msgid, {"characters": "…"})
