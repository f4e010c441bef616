"""Pages: a template rendered in a theme, with the headers that a page must carry.

A brand may replace any template by a file of the same name under `config/brands/<brand>/templates/`: pages, and what
they extend, include or import. A replacement that names itself means the template it replaces.
"""

from collections import OrderedDict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from flask import Response
from jinja2 import BaseLoader, ChoiceLoader, Environment, FileSystemLoader, PrefixLoader, StrictUndefined, Template
from markupsafe import Markup

from idp import random_values
from idp.clients import address
from idp.clients.brand import Brand
from idp.sessions import cookie
from idp.web import brand_files, csrf, headers, preferences
from idp.web.branding import LANGUAGE_FIELD, Theme
from idp.web.headers import Sources
from idp.web.shared_pages import SharedPages
from idp.wording import own_name

STANDARD = "standard"
FRAME = "frame"
ICONS = "macros/icons.html"
FRAMES_KEPT = 1024


class Pages:
    """The templates of this process. `Provider.pages` is the one instance."""

    def __init__(
        self, templates: Path, brands: Path, static: Callable[[str], str], *, secure: bool, changing: bool
    ) -> None:
        """`static` gives the address of a file of `templates/static`; `changing`: templates are being worked on."""
        self._secure = secure
        self._changing = changing
        self._brands = brands
        self._templates: dict[str, _BrandTemplates] = {}
        self._frames: OrderedDict[tuple[object, ...], _Frame] = OrderedDict()
        self._shared = SharedPages()
        self.environment = _Environment(
            loader=FileSystemLoader(templates),
            autoescape=True,
            undefined=StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
            auto_reload=changing,
        )
        self.environment.filters["unbroken"] = unbroken
        self.environment.globals.update(
            static=static,
            brand_stylesheet=brand_files.stylesheet_address,
            brand_image=brand_files.image_address,
            brand_icon=brand_files.icon_address,
            own_name=own_name,
            language_field=LANGUAGE_FIELD,
        )
        self.environment.globals["icon"] = self.environment.get_template(ICONS).module

    def page(
        self,
        theme: Theme,
        template: str,
        status: int = 200,
        form_action: Sequence[str] = (),
        frames: Sequence[str] = (),
        **values: object,
    ) -> Response:
        """`render`, with the values by name."""
        return self.render(theme, template, values, status, form_action, frames)

    def render(
        self,
        theme: Theme,
        template: str,
        values: Mapping[str, object],
        status: int = 200,
        form_action: Sequence[str] = (),
        frames: Sequence[str] = (),
    ) -> Response:
        """Return `template` (`steps/password.html`) as a response.

        `form_action`: addresses to whose origins a POST of this page may end in a redirect; without them Chromium
        blocks it (CSP `form-action`). `frames`: addresses that the page shows in frames. In the template: `theme`, `_`,
        `csrf_field()`, `nonce()` (calling it allows one inline script), `errors` (field → Text), `typed` (field →
        text) and `values`.
        """
        nonce = _Nonce()
        body = self._rendered(theme, template, values, nonce)
        sources = Sources(
            form_action=_origins(form_action),
            images=_origins(_images(theme)),
            frames=_origins(frames),
            nonce=nonce.given,
        )
        return self._response(theme, body, sources, status)

    def may_share(self, theme: Theme) -> bool:
        """Return whether `render_shared` may be asked.

        Not for a brand whose own templates may read anything, nor for a client that registered itself, of which there
        may be any number, nor in the answer to a POST, which names its own address.
        """
        usual = self._of_brand(theme.brand).environment is self.environment and not theme.visit
        return usual and not self._changing and theme.client is not None and theme.client.vetted

    def render_shared(
        self,
        theme: Theme,
        template: str,
        drawn: Mapping[str, str],
        values: Callable[[Mapping[str, str]], Mapping[str, object]],
        key: Sequence[object] = (),
        form_action: Sequence[str] = (),
    ) -> Response:
        """Return a page that differs from one visitor to the next in `drawn` alone (`idp.web.shared_pages`).

        `values` gives what the template reads, with these texts or marks for them; `key` names what decides the rest.
        """

        def render(anybody: Theme, marks: Mapping[str, str]) -> str:
            return self._rendered(anybody, template, values(marks))

        body = self._shared.page(theme, (template, *key), drawn, render)
        return self._response(theme, body, Sources(form_action=_origins(form_action), images=_origins(_images(theme))))

    def _rendered(
        self, theme: Theme, template: str, values: Mapping[str, object], nonce: "_Nonce | None" = None
    ) -> str:
        """Return the HTML. Without a `nonce` the template may not ask for one."""
        context = {
            "theme": theme,
            "_": theme.translator,
            "part": self._frame(theme),
            "csrf_field": lambda: _csrf_field(theme),
            "errors": {},
            "labels": {},
            "typed": {},
            **values,
        }
        if nonce is not None:
            context["nonce"] = nonce
        return self._template(theme, template).render(context)

    def _response(self, theme: Theme, body: str, sources: Sources, status: int = 200) -> Response:
        """Return the page with everything that belongs to it."""
        response = headers.put_on_page(Response(body, status, mimetype="text/html"), sources)
        preferences.write(response, theme.remember, secure=self._secure)
        if theme.new_browser:
            cookie.write_browser(response, theme.browser, secure=self._secure)
        return response

    def text(self, theme: Theme, template: str, **values: object) -> str:
        """Return `template` as a text that is not answered to a browser: a file to keep, say, or a preview."""
        shown = {"theme": theme, "_": theme.translator, "part": self._frame(theme), "labels": {}, **values}
        return self._template(theme, template).render(**shown)

    def _template(self, theme: Theme, template: str) -> Template:
        return self._of_brand(theme.brand).template(template)

    def _of_brand(self, brand: Brand) -> "_BrandTemplates":
        """Return the templates of a brand. A file that changed makes another `Brand`, whose templates are read anew."""
        found = self._templates.get(brand.id)
        if found is None or found.brand is not brand:
            own = FileSystemLoader(self._brands / brand.id / "templates")
            found = self._templates[brand.id] = _BrandTemplates(brand, self.environment, own, keep=not self._changing)
        return found

    def warm(self) -> None:
        """Compile every page's template, so that nobody waits for it."""
        for name in self.environment.list_templates(extensions=["html"]):
            self.environment.get_template(name)

    def _frame(self, theme: Theme) -> "_Frame":
        """Return the frame of this theme's pages."""
        environment = self._of_brand(theme.brand).environment
        if self._changing:
            return _Frame(environment, theme)
        key = (
            id(theme.brand),
            id(theme.fund),
            theme.language,
            theme.languages,
            theme.privacy,
            theme.terms,
            theme.for_staff,
        )
        found = self._frames.get(key)
        if found is None:
            found = self._frames[key] = _Frame(environment, theme)
            if len(self._frames) > FRAMES_KEPT:
                self._frames.popitem(last=False)
        return found


class _Environment(Environment):
    """Where a brand's template names itself, it means the one that it replaces."""

    def join_path(self, template: str, parent: str) -> str:
        return f"{STANDARD}/{template}" if template == parent else template


class _BrandTemplates:
    """The templates of a brand: its own before those of the product. Its own are compiled at once."""

    def __init__(self, brand: Brand, standard: Environment, own: FileSystemLoader, *, keep: bool) -> None:
        self.brand = brand
        self.environment = standard
        self._kept: dict[str, Template] | None = {} if keep else None
        names = own.list_templates()
        if names and standard.loader is not None:
            self.environment = _overlay(standard, own, standard.loader)
            for name in names:
                self.template(name)

    def template(self, name: str) -> Template:
        if self._kept is None:
            return self.environment.get_template(name)
        found = self._kept.get(name)
        if found is None:
            found = self._kept[name] = self.environment.get_template(name)
        return found


def _overlay(standard: Environment, own: BaseLoader, templates: BaseLoader) -> Environment:
    environment = standard.overlay(loader=ChoiceLoader([own, templates, PrefixLoader({STANDARD: templates})]))
    environment.globals = dict(standard.globals)
    environment.globals["icon"] = environment.get_template(ICONS).module
    return environment


class _Frame:
    """The parts of the frame that all pages of a portal in one language share word for word, each rendered once.

    The key in `Pages._frame` holds everything that the templates in `templates/frame` read as `part` renders them;
    brand and fund are kept here, so that their ids stay theirs.
    """

    def __init__(self, environment: Environment, theme: Theme) -> None:
        self._environment = environment
        self._theme = replace(theme, csrf_token="", browser="", reference="", client=None, path="")
        self._values = {"privacy": theme.privacy, "terms": theme.terms, "errors": {}, "typed": {}, "hint": ""}
        self._parts: dict[tuple[str, str], Markup] = {}

    def __call__(self, name: str, form: str = "") -> Markup:
        part = self._parts.get((name, form))
        if part is None:
            template = self._environment.get_template(f"{FRAME}/{name}.html")
            text = template.render(theme=self._theme, _=self._theme.translator, form=form, **self._values)
            part = self._parts[name, form] = Markup(text.strip())  # noqa: S704  (a template escaped it)
        return part


def unbroken(text: str) -> str:
    """Return a number or code that must not be torn at the end of a line."""
    return text.replace(" ", "\u00a0")


class _Nonce:
    """A CSP nonce, drawn when a template asks for it."""

    def __init__(self) -> None:
        self.given = ""

    def __call__(self) -> str:
        self.given = self.given or random_values.token(16)
        return self.given


def _csrf_field(theme: Theme) -> Markup:
    return Markup('<input type="hidden" name="{}" value="{}">').format(csrf.FIELD, theme.csrf_token)


def _images(theme: Theme) -> Sequence[str]:
    """Return the addresses of foreign images on the pages of this theme."""
    return (theme.client.logo_uri,) if theme.client is not None and theme.client.logo_uri else ()


def _origins(addresses: Sequence[str]) -> tuple[str, ...]:
    """`https://host:port`, or `scheme:` for an app's own scheme; nothing else gets into a header."""
    found = (address.read(each) for each in addresses)
    return tuple(dict.fromkeys(each.origin for each in found if each is not None))
