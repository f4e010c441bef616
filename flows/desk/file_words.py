"""The words for faults in the files of portals and brands. Names of files and fields stay as they are written there."""

import re
from dataclasses import dataclass

from flows.desk.fault_words import DeliveryFault
from flows.desk.sayings import said_by, saying
from idp.wording import text

PLACED = re.compile(
    r"(?P<file>[\w.@/-]+): (?:(?P<path>[\w-]+(?:\[\d+\])?(?:\.[\w-]+(?:\[\d+\])?)*): )?(?P<message>.+)", re.DOTALL
)
SAYINGS = (
    saying(
        r"one of (?P<allowed>.+) is expected, not (?P<value>.+)", text("Expected: one of %(allowed)s, not %(value)s.")
    ),
    saying(r"one of (?P<allowed>.+) is expected", text("Expected: one of %(allowed)s.")),
    saying(r"this field is required", text("This field is required.")),
    saying(
        r"there is no such field; did you mean `secret_env`.*",
        text("This field does not exist. Use secret_env or secret_digests: a secret is never written in a file."),
    ),
    saying(
        r"there is no such field; did you mean `(?P<field>[^`]+)`\?",
        text("This field does not exist. Perhaps `%(field)s` is meant."),
    ),
    saying(r"there is no such field(?:; (?P<quoted>.+))?", text("This field does not exist.")),
    saying(r"the (?:folder|file) is called (?P<name>.+)", text("The file or folder is called %(name)s.")),
    saying(r"there is no brand (?P<brand>.+)", text("The brand %(brand)s does not exist.")),
    saying(r"(?P<code>.+) belongs to (?P<file>\S+)", text("%(code)s is already in %(file)s.")),
    saying(r"no portal's file has (?P<name>.+)", text("No portal file has %(name)s.")),
    saying(
        r"registration\.like names (?P<name>.+), and there is no file (?P<file>.+)",
        text("registration.like names %(name)s, but the file %(file)s does not exist."),
    ),
    saying(
        r"people are asked what registered clients may know: .*",
        text('Registered clients must ask people first: "ask" or "always" (registration.like).'),
    ),
    saying(r"the environment variable (?P<name>\S+) is not set", text("The environment variable %(name)s is not set.")),
    saying(
        r"the secret in (?P<name>\S+) can be guessed: (?P<quoted>.+)", text("The secret in %(name)s can be guessed.")
    ),
    saying(
        r"the secret in (?P<name>\S+) has fewer than (?P<least>\d+) bytes",
        text("The secret in %(name)s is shorter than %(least)s bytes."),
    ),
    saying(
        r"(?P<name>\w+): whsec_ and the Base64 .*",
        text("%(name)s: expected are whsec_ and the Base64 of 24 to 64 random bytes."),
    ),
    saying(r"tables are expected, .*", text("Tables are expected, for example [environment.production].")),
    saying(r"a table is expected", text("A table is expected.")),
    saying(
        r"one line without control and direction characters is expected",
        text("Expected: one line without control and direction characters."),
    ),
    saying(
        r"the authorization_code grant needs at least one", text("The authorization_code grant needs at least one.")
    ),
    saying(
        r"the authorization_code grant answers with a code .*",
        text("The authorization_code grant answers with a code."),
    ),
    saying(r"only the authorization_code grant uses them", text("Only the authorization_code grant uses them.")),
    saying(r"at least one is expected", text("At least one is expected.")),
    saying(
        r"a public client has no credentials .*", text("A public client has no credentials to request tokens with.")
    ),
    saying(r"a public client cannot say .*", text("A public client cannot prove in whose name it calls.")),
    saying(r"a public client always needs PKCE", text("A public client always needs PKCE.")),
    saying(
        r"scope names separated by single blanks are expected .*",
        text("Expected: scope names separated by single blanks."),
    ),
    saying(
        r"the scope offline_access needs the refresh_token grant",
        text("The scope offline_access needs the refresh_token grant."),
    ),
    saying(r"there is no claim (?P<name>.+)", text("The claim %(name)s does not exist.")),
    saying(
        r"(?P<name>\S+) belongs to the scope (?P<scope>\S+), which scope does not list",
        text("%(name)s belongs to the scope %(scope)s, which is not listed."),
    ),
    saying(r"a name of letters, digits and .* is expected", text("Expected: a name of letters, digits and _ . : / -")),
    saying(r"(?P<name>\S+) means something else already", text("%(name)s already means something else.")),
    saying(r"it needs the scope organisations", text("This needs the scope organisations.")),
    saying(
        r"(?P<method>\S+) needs secret_digests or secret_env", text("%(method)s needs secret_digests or secret_env.")
    ),
    saying(r"(?P<method>\S+) uses no secret", text("%(method)s uses no secret.")),
    saying(
        r"client_secret_jwt needs the secret itself: .*",
        text("client_secret_jwt needs the secret itself: name its environment variable."),
    ),
    saying(r"the digest of a secret is expected .*", text("Expected: the digest of a secret (`idp clients digest`).")),
    saying(r"give either jwks or jwks_uri .*", text("Give either jwks or jwks_uri.")),
    saying(r"exactly one tls_client_auth_\* is expected", text("Exactly one tls_client_auth_* is expected.")),
    saying(
        r"only tls_client_auth compares certificate names .*", text("Only tls_client_auth compares certificate names.")
    ),
    saying(r"a name as RFC 4514 writes it is expected .*", text("Expected: a name as in RFC 4514 (CN=…,O=…).")),
    saying(r"an IP address is expected", text("An IP address is expected.")),
    saying(
        r"tokens are bound by DPoP or by certificate, not by both",
        text("Tokens are bound by DPoP or by certificate, not by both."),
    ),
    saying(r"request objects are signed, not encrypted, here", text("Request objects are signed here, not encrypted.")),
    saying(r"it needs an? (?P<field>\w+)", text("This needs %(field)s.")),
    saying(r"it needs (?P<field>\w+_alg)", text("This needs %(field)s.")),
    saying(r"FAPI 2\.0 names the issuer in every answer .*", text("FAPI 2.0 names the issuer in every answer.")),
    saying(r"FAPI 2\.0 accepts private_key_jwt and mTLS only", text("FAPI 2.0 accepts private_key_jwt and mTLS only.")),
    saying(r"FAPI 2\.0 needs pushed requests: say true", text("FAPI 2.0 needs pushed requests: set true.")),
    saying(r"FAPI 2\.0 needs tokens bound .*", text("FAPI 2.0 needs tokens bound by DPoP or by certificate.")),
    saying(r"FAPI 2\.0 always needs PKCE", text("FAPI 2.0 always needs PKCE.")),
    saying(
        r"FAPI 2\.0 assertions are addressed to the issuer", text("FAPI 2.0 assertions are addressed to the issuer.")
    ),
    saying(
        r"Message Signing needs signed requests: say true", text("Message Signing needs signed requests: set true.")
    ),
    saying(
        r"funds or portals are expected: .*",
        text("Funds or portals are expected: without them the program reaches nobody."),
    ),
    saying(
        r"a program that uses the API has (?P<grants>\[.+\]) and nothing else",
        text("A program that uses the API has %(grants)s and nothing else."),
    ),
    saying(
        r"the API is open to private_key_jwt and mTLS only", text("The API is open to private_key_jwt and mTLS only.")
    ),
    saying(
        r"(?P<scope>\S+) needs the funds or portals that it holds for: .*",
        text("%(scope)s needs its funds or portals: api = { funds = […] }"),
    ),
    saying(r"the API needs at least one of (?P<scopes>.+)", text("The API needs at least one of %(scopes)s.")),
    saying(
        r"(?P<scope>\S+) manages a stream of events: .*",
        text("%(scope)s manages a stream of events: describe it in [events]."),
    ),
    saying(r"nobody signs in to this client: .*", text("Nobody signs in to this client: there is nothing to send it.")),
    saying(
        r"(?P<scope>\S+) belongs to the client itself: .*",
        text("%(scope)s belongs to the client itself: it needs client_credentials."),
    ),
    saying(r"a receiver that polls needs (?P<scope>\S+)", text("A receiver that polls needs %(scope)s.")),
    saying(
        r"it tells of funds and portals: .*",
        text("The web-hook tells of funds and portals: api = { funds = […] } says of which."),
    ),
    saying(r"a method is listed twice", text("A method is listed twice.")),
    saying(r"(?P<name>.+) is listed twice", text("%(name)s is listed twice.")),
    saying(
        r"(?P<reason>\S+) needs the client's public keys: jwks or jwks_uri",
        text("%(reason)s needs the client’s public keys: jwks or jwks_uri."),
    ),
    saying(r"a list of public keys is expected", text("A list of public keys is expected.")),
    saying(r"a private or shared key has no place here", text("A private or shared key has no place here.")),
    saying(r"no two keys share a kid", text("Two keys have the same kid.")),
    saying(r"no key among them serves (?P<algorithm>\S+)", text("None of the keys serves %(algorithm)s.")),
    saying(r"no key among them signs", text("None of the keys can sign.")),
    saying(r"the language is not among (?P<languages>.+)", text("The language is not among %(languages)s.")),
    saying(r"(?P<language>.+) is not among (?P<languages>[\w, ]+)", text("%(language)s is not among %(languages)s.")),
    saying(r"the (?:reason|label) is missing in (?P<languages>.+)", text("The text is missing in: %(languages)s.")),
    saying(
        r"nobody can sign in: none of these methods has a page yet; (?P<methods>.+) have one",
        text("Nobody can sign in: only these methods have a page: %(methods)s."),
    ),
    saying(
        r'it needs phone = "required", .*',
        text('This needs phone = "required", and totp or passkey among the methods.'),
    ),
    saying(
        r"codes by SMS need a phone: optional or required",
        text("Codes by text message need a phone: optional or required."),
    ),
    saying(
        r"fewer than (?P<least>\d+) characters need a second factor at every sign-in: .*",
        text('Fewer than %(least)s characters need second_step = "always", and no email codes among the methods.'),
    ),
    saying(r"a group shares its sessions: .*", text('A group shares its sessions: sso = "within" is expected.')),
    saying(r"a migration needs the table policy\.legacy", text("A migration needs the table policy.legacy.")),
    saying(r"this is not a regular expression: (?P<quoted>.+)", text("This is not a regular expression.")),
    saying(r"it cannot be longer than refresh_absolute", text("It cannot be longer than refresh_absolute.")),
    saying(
        r"push delivery needs the address of the receiver", text("Push delivery needs the address of the receiver.")
    ),
    saying(r"only push delivery uses it", text("Only push delivery uses this.")),
    saying(r"the previous secret has a variable of its own", text("The previous secret needs a variable of its own.")),
    saying(
        r"the name of an environment variable is expected, not its value",
        text("Expected: the name of an environment variable, not its value."),
    ),
    saying(r"there is nothing weak to accept there", text("There is nothing weak to accept there.")),
    saying(r"a reason is expected", text("A reason is expected.")),
    saying(
        r"(?P<colour>\S+) on (?P<ground>.+) has a contrast of (?P<found>[\d.]+):1; (?P<least>[\d.]+):1 is needed",
        text("%(colour)s on %(ground)s: contrast %(found)s:1, at least %(least)s:1 is needed."),
    ),
    saying(r"a name in at least one language is expected", text("Expected: a name in at least one language.")),
    saying(
        r"(?P<strange>.+) would make every SMS cost double: .*",
        text("%(strange)s would double the price of every text message: GSM-7 characters only."),
    ),
    saying(r'the layout "split" needs a picture', text('The layout "split" needs a picture.')),
    saying(r'only the layout "split" shows a picture', text('Only the layout "split" shows a picture.')),
    saying(
        r"the name of a file in the brand's folder is expected, ending in (?P<endings>.+)",
        text("Expected: the name of a file in the folder of the brand, ending in %(endings)s."),
    ),
    saying(r"there is no file (?P<name>.+) in the brand's folder", text("%(name)s is not in the folder of the brand.")),
    saying(
        r"(?P<name>\S+) has (?P<size>\d+) bytes; at most (?P<limit>\d+) are allowed",
        text("%(name)s has %(size)s bytes. At most %(limit)s are allowed."),
    ),
    saying(
        r"(?P<name>\S+) declares a document type, .*",
        text("%(name)s declares a document type, entities or a style sheet. Take that out."),
    ),
    saying(
        r"(?P<name>\S+) is no (?P<kind>SVG|PNG|WebP)(?:: (?P<quoted>.+))?", text("%(name)s is not a %(kind)s file.")
    ),
    saying(
        r"(?P<name>\S+) contains (?P<what>\S+); a still picture is expected",
        text("%(name)s contains %(what)s. A still picture is expected."),
    ),
    saying(
        r"(?P<name>\S+) loads something from elsewhere in (?P<what>.+)",
        text("%(name)s loads something from elsewhere (%(what)s)."),
    ),
    saying(
        r"(?P<name>\S+) refers to (?P<what>.+); only parts of itself are allowed",
        text("%(name)s refers to %(what)s. Only parts of itself are allowed."),
    ),
    saying(
        r"(?P<address>.+) is not an absolute address that leads to a host(?: or into an app)?",
        text("%(address)s is not an absolute address."),
    ),
    saying(r"an address has no user name", text("An address has no user name.")),
    saying(r"an address cannot have a fragment here", text("An address cannot have a fragment here.")),
    saying(r"an https address is expected.*", text("An https address is expected.")),
    saying(
        r"scheme, host and port of one of the redirect_uris are expected",
        text("Expected: scheme, host and port of one of the redirect_uris."),
    ),
    saying(
        r"pairwise subjects with redirect_uris on several hosts need it",
        text("Pairwise subjects with redirect_uris on several hosts need this."),
    ),
    saying(
        r"(?:.+ have )?(?P<bits>[\d.]+)(?: bits)?; (?P<least>[\d.]+) are needed, .*",
        text("A code of this kind has %(bits)s bits. At least %(least)s are needed, as many as six digits have."),
    ),
    saying(r"at most (?P<most>\d+) seconds are expected", text("At most %(most)s seconds are expected.")),
)


@dataclass(frozen=True)
class ShownFileFault:
    """A fault of a file: `where` is the file and the field; `why` is ours, or said by what read the file."""

    where: str
    why: DeliveryFault


def of_file(fault: str) -> ShownFileFault:
    """Return a fault as the page shows it; one that is not of this kind has no place and is quoted."""
    found = PLACED.fullmatch(fault)
    if found is None:
        return ShownFileFault("", DeliveryFault(None, fault))
    said = said_by(SAYINGS, found["message"])
    quoted = found["message"] if said is None else str(said.values.get("quoted", ""))
    return ShownFileFault(": ".join(filter(None, (found["file"], found["path"]))), DeliveryFault(said, quoted))
