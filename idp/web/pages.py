"""Pages: a template rendered in a look, with the headers that a page must carry."""

from __future__ import annotations

from collections.abc import Sequence

from flask import Response

from idp.web.branding import Look


class Pages:
    """The templates of this process. `Provider.pages` is the one instance."""

    def page(
        self,
        look: Look,
        template: str,
        status: int = 200,
        form_action: Sequence[str] = (),
        **values: object,
    ) -> Response:
        """`template` (`steps/password.html`; a brand's own file of that name wins) as a response.

        `form_action`: origins (`https://portal.example`, or `app.scheme:`) to which a POST of this page may end in a
        redirect; without them Chromium blocks it (CSP `form-action`). In the template: `look`, `_`, `csrf_field()`,
        `nonce()` (calling it allows one inline script by CSP), `errors` (dict of field → Text, empty by default),
        and `values`.
        """
        raise NotImplementedError
