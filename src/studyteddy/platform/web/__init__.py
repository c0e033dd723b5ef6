"""The web layer on Starlette: binds requests to plain handlers and converts their results to responses.

Everything that can be resolved once is resolved at start-up: which decoder reads the body, which resource fills a
parameter, which headers every response has (docs/request.md, docs/adr/0005).
"""
