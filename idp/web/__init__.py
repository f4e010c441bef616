"""The web layer that all pages and endpoints share: origin, brand and language of a request, and its response.

Owns trusted proxies, request ids, CSRF, security headers, error pages, logs, health and metrics. Knows nothing of
journeys or of the protocol. Flask is at home here.

Entry points: `branding.theme` (brand, language, page reference of this request), `Provider.pages.page` (a rendered
page), `origin.origin_of` (for transactions), `csrf.verify`, `problems.Problem`,
`middleware.install`.
"""
