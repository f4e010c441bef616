"""What gunicorn serves: `gunicorn -c config/gunicorn.conf.py wsgi:app`."""

import flows
from idp.app import create_app
from idp.settings import load_settings

app = create_app(load_settings(), flows=flows.ALL)
