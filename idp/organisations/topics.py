"""The business areas of a portal that a company's administrator may grant (B-27)."""

from idp.clients.brand import in_language
from idp.clients.client import Client
from idp.organisations.organisation import Organisation


def open_to(client: Client, company: Organisation, language: str) -> dict[str, str]:
    """Id → label of the topics open to the company, in the order of the portal's file."""
    return {
        topic.id: in_language(topic.label, language)
        for topic in client.topics
        if not company.topics or topic.id in company.topics
    }
