"""A method of signing in is added by one file, one template and one row: done here on a copy of the project."""

from pathlib import Path

from tests.support.project_copy import ProjectCopy

FILE = """
from dataclasses import dataclass

from flows.engine import forms
from flows.engine.forms import Form
from flows.engine.outcomes import WrongProof
from flows.methods.method import Method, tries
from idp.wording import text


@dataclass(frozen=True)
class WordForm(Form):
    word: str = forms.line()


class SecretWord(Method[WordForm, bool]):
    name = "toy"
    label = text("Say the word")
    form = WordForm

    def is_available(self, run):
        return True

    def limits(self, run, form):
        yield from tries(run)

    def prepare(self, run, form):
        return form.word == "sesame"

    def submit(self, run, form, prepared):
        return self.proved(run, "word 1") if prepared else WrongProof({"word": text("Another word, please.")})


METHOD = SecretWord()
"""

TEMPLATE = """{% extends "step.html" %}
{% block title %}The word{% endblock %}
{% block fields %}{{ form.field("word", "Word") }}{% endblock %}
{% block actions %}{{ form.submit("Say it", id="verify") }}{% endblock %}
"""

ROW = '    MethodRow("toy", ("kba",), "mfa"),\n'

TEST = """
from urllib.parse import urlencode

from tests.flows.conftest import arrived, give_password
from tests.support.clients import bend
from tests.support.relying_party import RelyingParty


def test_the_toy(app, provider, visitor, anne):
    bend(provider, "e-services", policy={"methods": ("toy", "sms")})
    portal = RelyingParty(app, "e-services")
    visitor.get("/authorize?" + urlencode(portal.request(scope="openid", acr_values="mfa")))
    give_password(visitor, anne)
    assert visitor.page.heading == "The word"
    visitor.fill(word="open").press("verify")
    assert visitor.page.errors == ["Another word, please."]
    visitor.fill(word="sesame").press("verify")

    claims = portal.redeem(arrived(visitor))["claims"]
    assert (claims["acr"], set(claims["amr"])) == ("mfa", {"pwd", "kba", "mfa"})
"""


def test_a_method_is_added_by_one_file_one_template_and_one_row(tmp_path: Path) -> None:
    """X-18"""
    copy = ProjectCopy(tmp_path)
    copy.add("flows/methods/toy.py", FILE)
    copy.add("templates/methods/toy.html", TEMPLATE)
    copy.insert("idp/methods.py", "TABLE = (\n", ROW)
    copy.add("tests/flows/test_toy.py", TEST)

    assert copy.run("tests/flows/test_toy.py") == ""
