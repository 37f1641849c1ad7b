"""The readable reference of the API, served by the box itself: a page, its style, and the document
that both are made from. It needs nothing from elsewhere and runs no script."""

from collections.abc import Iterable, Mapping, Sequence
from functools import cached_property
from html import escape
from typing import Any, Final

import msgspec
from starlette.responses import Response

from appliance.web.api import openapi
from appliance.web.api.operation import Answer, Call, Family, Operation

family = Family("Reference")

SAFE: Final = {
    "cache-control": "no-cache",
    "x-content-type-options": "nosniff",
    "referrer-policy": "no-referrer",
    "content-security-policy": (
        "default-src 'none'; style-src 'self'; base-uri 'none'; form-action 'none';"
        " frame-ancestors 'none'"
    ),
}

STYLE: Final = """
:root { color-scheme: light dark; --line: #d0d7de; --quiet: #57606a; --back: #f0f2f5;
  --page: #ffffff; --ink: #14121b; --link: #5b34d6; }
@media (prefers-color-scheme: dark) {
  :root { --line: #3d444d; --quiet: #9aa1ab; --back: #1d1a29; --page: #0f0d15; --ink: #eceaf3;
    --link: #b3a1ff; }
}
* { box-sizing: border-box; }
a { color: var(--link); }
body { margin: 0; background: var(--page); color: var(--ink);
  font: 15px/1.5 system-ui, sans-serif; display: grid;
  grid-template-columns: 16rem minmax(0, 1fr); }
nav { position: sticky; top: 0; height: 100vh; overflow: auto; padding: 1.5rem;
  border-right: 1px solid var(--line); }
nav a { display: block; padding: .15rem 0; text-decoration: none; color: inherit; }
nav a:hover, nav a:focus { text-decoration: underline; }
main { padding: 1.5rem 2.5rem 6rem; max-width: 64rem; }
h1 { margin-top: 0; } h2 { margin-top: 3rem; } h3 { margin: 2rem 0 .25rem; font-size: 1.05rem; }
code { font: 13px/1.5 ui-monospace, monospace; background: var(--back); padding: .1em .3em;
  border-radius: 4px; overflow-wrap: anywhere; }
h3 code { font-size: 14px; } .method { font-weight: 600; } .who { color: var(--quiet); }
table { border-collapse: collapse; width: 100%; margin: .5rem 0 1rem; }
th, td { text-align: left; vertical-align: top; padding: .3rem .75rem .3rem 0;
  border-bottom: 1px solid var(--line); overflow-wrap: anywhere; }
th { font-weight: 600; color: var(--quiet); }
@media (max-width: 800px) {
  body { display: block; } nav { position: static; height: auto; border-right: 0;
    border-bottom: 1px solid var(--line); } main { padding: 1.5rem 1rem 4rem; }
  h1, h3 { overflow-wrap: anywhere; } th { overflow-wrap: normal; }
}
"""


class Reference:
    """What a list of operations is described as, made once."""

    def __init__(self, operations: Sequence[Operation], name: str, version: str) -> None:
        self._operations = operations
        self._name = name
        self._version = version

    @cached_property
    def document(self) -> Mapping[str, Any]:
        return openapi.description(self._operations, self._name, self._version)

    @cached_property
    def json(self) -> bytes:
        return msgspec.json.format(msgspec.json.encode(self.document), indent=1)

    @cached_property
    def page(self) -> str:
        return _page(self.document)


@family.get(
    "/v1/openapi.json", "This API, described by OpenAPI 3.1", tiers=frozenset(), answer=dict
)
async def document(call: Call) -> Answer:
    headers = {**SAFE, "access-control-allow-origin": "*"}
    content = call.part(Reference).json
    return Answer(Response(content, headers=headers, media_type="application/json"))


@family.get(
    "/v1/reference",
    "This API, for people to read",
    tiers=frozenset(),
    content_type="text/html",
)
async def page(call: Call) -> Answer:
    return Answer(Response(call.part(Reference).page, headers=SAFE, media_type="text/html"))


@family.get(
    "/v1/reference.css", "The style of the reference", tiers=frozenset(), content_type="text/css"
)
async def style(call: Call) -> Answer:  # noqa: ARG001 - every operation is handed its call
    return Answer(Response(STYLE, headers=SAFE, media_type="text/css"))


# -- the page -----------------------------------------------------------------------------------


def _page(document: Mapping[str, Any]) -> str:
    title = escape(document["info"]["title"])
    version = escape(document["info"]["version"])
    by_family: dict[str, list[str]] = {tag["name"]: [] for tag in document["tags"]}
    for path, methods in document["paths"].items():
        for method, facts in methods.items():
            by_family[facts["tags"][0]].append(_operation(method, path, facts))
    types = document["components"]["schemas"]
    menu = "".join(f'<a href="#{_anchor(name)}">{escape(name)}</a>' for name in by_family)
    families = "".join(
        f'<section id="{_anchor(name)}"><h2>{escape(name)}</h2>{"".join(them)}</section>'
        for name, them in by_family.items()
    )
    shapes = "".join(_type(name, schema) for name, schema in sorted(types.items()))
    return f"""<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width">
<title>{title}</title><link rel="stylesheet" href="/v1/reference.css"></head>
<body><nav aria-label="Families">{menu}<a href="#types">Types</a></nav><main>
<h1>{title}</h1>
<p>Version {version}. Base URL <code>/v1</code>; every request bears
<code>Authorization: Bearer …</code>, a session token or an API key. Lists come by the page: follow
<code>page.next</code> until it is null. Errors have one shape:
<code>{{"error": {{"code", "message", "fields"}}}}</code>. For programs:
<a href="/v1/openapi.json">openapi.json</a>.</p>
{families}<section id="types"><h2>Types</h2>{shapes}</section></main></body></html>
"""


def _operation(method: str, path: str, facts: Mapping[str, Any]) -> str:
    body = facts.get("requestBody")
    takes = f"<p>Body: {_shape(_content(body))}</p>" if body else ""
    parameters = _table(
        ("Parameter", "In", "Type", "Note"),
        (
            (
                f"<code>{escape(one['name'])}</code>",
                escape(one["in"]),
                _shape(one["schema"]),
                "required" if one.get("required") else escape(one.get("description", "")),
            )
            for one in facts["parameters"]
        ),
    )
    answers = _table(
        ("Status", "Meaning", "Answer"),
        (
            (status, escape(one["description"]), _shape(_content(one)) if _content(one) else "")
            for status, one in facts["responses"].items()
        ),
    )
    return f"""<article id="{escape(facts["operationId"])}">
<h3><code><span class="method">{method.upper()}</span> {escape(path)}</code></h3>
<p>{escape(facts["summary"])}. <span class="who">{_words(facts["description"])}</span></p>
{takes}{parameters}{answers}</article>
"""


def _type(name: str, schema: Mapping[str, Any]) -> str:
    words = f"<p>{_words(schema['description'])}</p>" if "description" in schema else ""
    if "enum" in schema:
        values = ", ".join(f"<code>{escape(str(each))}</code>" for each in schema["enum"])
        words += f"<p>One of {values}.</p>"
    required = schema.get("required", ())
    fields = _table(
        ("Field", "Type", "Note"),
        (
            (
                f"<code>{escape(field)}</code>",
                _shape(one),
                "required" if field in required else "",
            )
            for field, one in schema.get("properties", {}).items()
        ),
    )
    title = escape(schema.get("title", name))
    return f'<article id="{_anchor(name)}"><h3><code>{title}</code></h3>{words}{fields}</article>\n'


def _shape(schema: Mapping[str, Any]) -> str:
    """A schema in a few words, with a link to the type that it names."""
    if "$ref" in schema:
        name = schema["$ref"].rpartition("/")[2]
        return f'<a href="#{_anchor(name)}">{escape(name)}</a>'
    if "anyOf" in schema:
        return " or ".join(map(_shape, schema["anyOf"]))
    if "enum" in schema:
        return " or ".join(f"<code>{escape(str(each))}</code>" for each in schema["enum"])
    kind = str(schema.get("type", "anything"))
    if kind == "array":
        return f"list of {_shape(schema.get('items', {}))}"
    limits = [
        f"{words} {schema[key]}"
        for key, words in (
            *(("minimum", "from"), ("maximum", "to")),
            *(("minLength", "at least"), ("maxLength", "at most")),
        )
        if key in schema
    ]
    return escape(", ".join([schema.get("format", kind), *limits]))


def _content(facts: Mapping[str, Any]) -> Mapping[str, Any]:
    """The schema of a body or an answer; empty where there is none."""
    for content in facts.get("content", {}).values():
        schema: Mapping[str, Any] = content["schema"]
        return schema
    return {}


def _table(headings: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """Cells are HTML already."""
    lines = ["".join(f"<td>{cell}</td>" for cell in row) for row in rows]
    if not lines:
        return ""
    head = "".join(f"<th>{escape(heading)}</th>" for heading in headings)
    body = "".join(f"<tr>{line}</tr>" for line in lines)
    return f"<table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>"


def _words(text: str) -> str:
    """Text in which `this` is code."""
    parts = escape(text).split("`")
    return "".join(
        f"<code>{part}</code>" if number % 2 else part for number, part in enumerate(parts)
    )


def _anchor(name: str) -> str:
    return escape(name.lower().replace(" ", "-"))
