"""An OpenAPI 3 or Swagger 2 document as one scenario: an operation is an intent and a task, its parameters slots."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from synthconv import yaml12
from synthconv.scenario.imports.build import scenario_of
from synthconv.scenario.imports.draft import Draft, escaped, shown
from synthconv.scenario.imports.english import plural, singular, words_of
from synthconv.scenario.imports.fields import Field
from synthconv.scenario.imports.reading import Document, read_document
from synthconv.scenario.imports.requests import Operation, Service
from synthconv.scenario.imports.schemas import Schemas
from synthconv.scenario.source import KeyPath

METHODS = ("get", "post", "put", "patch", "delete")
MOST_OPERATIONS = 150
PAGING = re.compile(
    r"^(page|limit|offset|per page|page size|size|cursor|sort|sort by|order by|fields|expand|include|format|api key)$"
)
"""Parameters that no user speaks of."""
UNSAID = re.compile(
    r"(log ?(in|out)|sign ?(in|out)|auth\w*|o ?auth|refresh token|health\w*|ping|version|metrics|webhooks?|callback)\b"
)
"""Operations between machines."""
BODIES = ("application/json", "application/x-www-form-urlencoded", "multipart/form-data")
HEAD = (
    "Made by `synthconv init --from-openapi` out of {file}: it runs as it is, and gets better by what you change:",
    "- examples: put in the words of your users; {slot} is a value, (a|b) a choice, [x] may be left out",
    "- entities: guessed from names and formats where the document has no enum; put your own values there",
    "- outcomes: one for each answer of the server; say what the bot tells then, and how often it comes up (weight)",
    "- operations that no user asks a bot for are better removed",
)
FAILED = {
    "400": ("invalid", "Sorry, something about that is not right."),
    "401": ("not_signed_in", "You have to sign in first."),
    "402": ("not_paid", "Sorry, the payment did not go through."),
    "403": ("not_allowed", "Sorry, you are not allowed to do that."),
    "404": ("not_found", "Sorry, I cannot find that."),
    "405": ("invalid", "Sorry, something about that is not right."),
    "409": ("conflict", "Sorry, that is not possible any more."),
    "410": ("gone", "Sorry, that is gone."),
    "422": ("invalid", "Sorry, something about that is not right."),
    "429": ("too_many", "That was a bit much at once, please try again later."),
}
"""Names and words for the answers of a server, by status; the document's own description goes before the words."""


def from_openapi(path: Path) -> Draft:
    """The scenario of a document's operations. Raises UsageError for what is no such document."""
    document = read_document(path)
    data = document.data if isinstance(document.data, dict) else {}
    version = str(data.get("openapi") or data.get("swagger") or "")
    if not version.startswith(("2", "3")) or not isinstance(data.get("paths"), dict):
        cure = "give a document with `openapi: 3.x` or `swagger: '2.0'`, and `paths`"
        raise document.wrong((), "this is no OpenAPI document", cure)
    schemas, info = Schemas(document), dict(data["info"]) if isinstance(data.get("info"), dict) else {}
    every = list(_operations(document, schemas, data["paths"]))
    if not every:
        raise document.wrong(("paths",), "no path has an operation", "describe one")
    operations = [operation for operation in every if not UNSAID.match(" ".join(words_of(operation.name)))] or every
    title = shown(info.get("title") or path.stem) or path.stem
    about = shown(info.get("description") or "").split(". ")[0][:200] or f"Chat about {title}."
    draft = scenario_of(title, about, [Service(title, about, tuple(operations[:MOST_OPERATIONS]))], _head(path))
    if unsaid := [operation.name for operation in every if operation not in operations]:
        draft.remark((), f"Not taken over, as users do not say it to a bot: {', '.join(unsaid)}")
    for reference in dict.fromkeys(schemas.left_out):
        draft.remark((), f"Not followed: {reference}")
    if len(operations) > MOST_OPERATIONS:
        draft.remark(
            (), f"Not taken over: {len(operations) - MOST_OPERATIONS} operations after the first {MOST_OPERATIONS}"
        )
    return draft


def _head(path: Path) -> list[str]:
    return [line.replace("{file}", path.name) for line in HEAD]


def _operations(document: Document, schemas: Schemas, paths: dict[str, Any]) -> Iterator[Operation]:
    for url, item in paths.items():
        place: KeyPath = ("paths", url)
        found = schemas.resolved(item, place)
        shared = found.get("parameters") or []
        for method in METHODS:
            operation = found.get(method)
            if operation is None:
                continue
            if not isinstance(operation, dict):
                raise document.wrong(
                    (*place, method), "an operation is a mapping", "write `operationId:`, `parameters:`"
                )
            yield _operation(document, schemas, (*place, method), operation, shared)


def _operation(
    document: Document, schemas: Schemas, place: KeyPath, operation: dict[str, Any], shared: list[Any]
) -> Operation:
    url, method = str(place[1]), str(place[2])
    name = shown(operation.get("operationId") or "") or _named(url, method, shown(operation.get("summary") or ""))
    remarks = list[str]()
    parameters = [
        *document.entries(place, shared),
        *document.entries((*place, "parameters"), operation.get("parameters") or []),
    ]
    fields = [field for field in _fields(schemas, place, parameters, operation, remarks)]
    outcome, results, lists = _answers(schemas, place, operation.get("responses") or {})
    if method == "get" and not lists and any(field.kind and f"{{{field.name}}}" in url for field in fields):
        lists = False
    return Operation(
        name,
        shown(operation.get("description") or ""),
        shown(operation.get("summary") or ""),
        method,
        tuple(fields),
        tuple(results),
        acts=method != "get",
        many=lists,
        things=_things(url, lists),
        outcomes=outcome,
        remarks=tuple(remarks),
    )


def _named(url: str, method: str, summary: str) -> str:
    """A name for an operation that has none: the words of its summary, else of its path."""
    said = [word for word in words_of(summary) if word not in ("a", "an", "the")]
    if 2 <= len(said) <= 6:
        return "_".join(said)
    parts = [part for part in url.strip("/").split("/") if part and not part.startswith("{")]
    return "_".join([method, *(re.sub(r"\W+", "_", part).strip("_") for part in parts[-2:])]).strip("_")


def _things(url: str, lists: bool) -> tuple[str, ...]:
    """The thing that a path names: its last part without brackets."""
    parts = [
        part for part in url.strip("/").split("/") if part and not part.startswith("{") and not re.match(r"v\d+$", part)
    ]
    words = words_of(parts[-1]) if parts else []
    if not words or words[-1] != plural(singular(words[-1])):
        return ()
    noun = " ".join([*words[:-1], words[-1] if lists else singular(words[-1])])
    return (noun,)


def _fields(
    schemas: Schemas, place: KeyPath, parameters: list[dict[str, Any]], operation: dict[str, Any], remarks: list[str]
) -> list[Field]:
    """What a user says: parameters of path and query, properties of the body; a later one of a name goes before."""
    found: dict[str, Field] = {}
    unsaid = list[str]()
    for given in parameters:
        parameter = schemas.resolved(given, (*place, "parameters"))
        name, where = shown(parameter.get("name") or ""), parameter.get("in")
        if where == "body":
            found |= {field.name: field for field in schemas.fields(parameter.get("schema"), place)}
        elif where in ("path", "query", "formData") and name:
            schema = schemas.resolved(parameter.get("schema") or parameter, place)
            schema = schemas.resolved(schema.get("items"), place) if schema.get("type") == "array" else schema
            needed = bool(parameter.get("required")) or where == "path"
            found[name] = schemas.field(name, schema, str(parameter.get("description") or ""), needed)
    content = schemas.resolved(operation.get("requestBody"), (*place, "requestBody")).get("content")
    body = content if isinstance(content, dict) else {}
    for media in [kind for kind in BODIES if kind in body][:1] or list(body)[:1]:
        inner = schemas.resolved(body[media], place).get("schema")
        found |= {field.name: field for field in schemas.fields(inner, (*place, "requestBody"))}
    for name in list(found):
        made = name == "id" and place[-1] == "post" and not found[name].required
        if (
            made
            or PAGING.match(found[name].words)
            or found[name].words.split()[-1:] in (["password"], ["token"], ["secret"])
        ):
            unsaid.append(name)
            del found[name]
    if unsaid:
        remarks.append(f"No slots, as no user speaks of them: {', '.join(unsaid)}")
    return list(found.values())


def _answers(schemas: Schemas, place: KeyPath, responses: Any) -> tuple[dict[str, str], list[Field], bool]:
    """The failures that may be answered, the fields of a success, and whether it gives a list."""
    failures, results, lists = dict[str, str](), list[Field](), False
    for status, given in (responses if isinstance(responses, dict) else {}).items():
        response, code = schemas.resolved(given, (*place, "responses", status)), yaml12.as_text(status)
        if code.startswith("2") and not results:
            schema = schemas.resolved(_schema(schemas, response, place), place)
            inner = _list_in(schemas, schema, place)
            lists, results = inner is not None, schemas.fields(inner or schema, place, required=False)
        elif code[:1] in "45" or code == "default":
            name, say = FAILED.get(code, ("failure", "Sorry, that did not work."))
            told = shown(response.get("description") or "")
            sentence = told if 3 <= len(told.split()) <= 14 and code != "default" and "{" not in told else ""
            failures.setdefault(name, escaped(_sentence(sentence)) if sentence else say)
    return failures, results, lists


def _sentence(text: str) -> str:
    """What a document says of a failure, as the bot tells it."""
    return f"Sorry: {text[:1].lower() if text[1:2].islower() else text[:1]}{text[1:].rstrip('.')}."


def _schema(schemas: Schemas, response: dict[str, Any], place: KeyPath) -> Any:
    content = response.get("content")
    if isinstance(content, dict) and content:
        media = content.get("application/json") or next(iter(content.values()))
        return schemas.resolved(media, place).get("schema")
    return response.get("schema")


def _list_in(schemas: Schemas, schema: dict[str, Any], place: KeyPath) -> dict[str, Any] | None:
    """The list that a schema is, or that an object of few properties goes around; None where it is none."""
    if schema.get("type") == "array":
        return schema
    properties = schema.get("properties")
    inner = [schemas.resolved(one, place) for one in (properties if isinstance(properties, dict) else {}).values()]
    lists = [one for one in inner if one.get("type") == "array" and schemas.resolved(one.get("items"), place)]
    return (
        lists[0]
        if len(inner) <= 6 and len(lists) == 1 and "properties" in schemas.resolved(lists[0]["items"], place)
        else None
    )
