"""The API's own description as one plain page: no script, no style, nothing from elsewhere."""

from html import escape
from typing import Any


def page(openapi: dict[str, Any]) -> str:
    """Return HTML that lists every operation of an OpenAPI document with its parameters."""
    info = openapi["info"]
    parts = [
        "<!doctype html><html lang=en><meta charset=utf-8>",
        f"<title>{escape(info['title'])}</title><h1>{escape(info['title'])} {info['version']}</h1>",
        f"<p>{escape(info['description'])} ",
        '<a href="/api/v1/openapi.json">OpenAPI</a></p><dl>',
    ]
    for path, methods in openapi["paths"].items():
        for method, operation in methods.items():
            shown = escape(f"{method.upper()} {path}")
            link = f'<a href="{escape(path)}">{shown}</a>' if "{" not in path else shown
            parts.append(f"<dt><code>{link}</code><dd>{escape(operation.get('description', ''))}")
            names = [
                f"<li><code>{escape(p['name'])}</code> {escape(p.get('description', ''))}"
                for p in operation.get("parameters", [])
            ]
            if names:
                parts.append(f"<ul>{''.join(names)}</ul>")
    return "\n".join([*parts, "</dl></html>"])
