"""A brand looked at without signing in: every page, mail, SMS and letter with sample data, in one document.

The package knows the templates of pages and nothing of the journeys that show them.

Entry points: `document.document` (the HTML), `pages.samples` (what the pages are given), `writings.samples` (mails,
SMS and letters).
"""
