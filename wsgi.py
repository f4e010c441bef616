"""The application for gunicorn: `gunicorn -c config/gunicorn.conf.py wsgi:app`."""

import sys

import flows
from idp.app import create_app
from idp.clients.problems import InvalidFiles
from idp.settings import SettingsError
from idp.settings_loader import load_settings

try:
    app = create_app(load_settings(), flows=flows.ALL)
    app.extensions["provider"].pages.warm()
except (SettingsError, InvalidFiles) as error:
    sys.exit(str(error))  # what the operator mends is a sentence, not a traceback
