"""Rasa's training examples as patterns, and the values of its entities by its examples, synonyms and tables."""

from __future__ import annotations

import json
import re
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from synthconv.scenario.imports.draft import escaped, named, shown
from synthconv.scenario.imports.fields import Field, guessed
from synthconv.scenario.imports.rasa_files import Project
from synthconv.scenario.imports.reading import Document
from synthconv.scenario.patterns import ESCAPABLE
from synthconv.scenario.regexes import RegexError, sampler

ANNOTATION = re.compile(
    r"\[(?P<text>[^\]]+?)\](?:\((?P<entity>[^:)]+?)(?::(?P<value>[^)]+))?\)|(?P<about>\{[^}]+?\})|\[(?P<several>\{.*?\})\])"
)
MOST_VALUES = 2000
LONGEST = 1900
"""Characters of an example; what is longer is left out."""


@dataclass(frozen=True)
class Mention:
    """A labelled stretch of an example; `kind` is another entity for its values, where they are not listed."""

    surface: str
    entity: str
    role: str
    value: str
    kind: str = ""


@dataclass
class Nlu:
    """Examples by intent, each as texts and mentions in turn; what is known of the entities."""

    examples: dict[str, list[list[str | Mention]]] = field(default_factory=lambda: defaultdict(list))
    surfaces: dict[str, dict[str, str]] = field(default_factory=lambda: defaultdict(dict))
    lookups: dict[str, list[str]] = field(default_factory=lambda: defaultdict(list))
    regexes: dict[str, list[str]] = field(default_factory=lambda: defaultdict(list))
    synonyms: dict[str, str] = field(default_factory=dict)
    kinds: dict[tuple[str, str], str] = field(default_factory=dict)
    groups: bool = False


def nlu_of(project: Project) -> Nlu:
    """The project's NLU data, read."""
    nlu = Nlu()
    for document, i, block in project.nlu:
        kind = next((key for key in ("intent", "synonym", "lookup", "regex") if block.get(key)), "")
        name = shown(block.get(kind) or "")
        texts = list(_texts(document, ("nlu", i, "examples"), block.get("examples") or ""))
        if kind == "intent":
            nlu.examples[named(name)] += [list(_parts(text, nlu)) for text in texts if 0 < len(text) < LONGEST]
        elif kind == "synonym":
            nlu.synonyms |= {text.casefold(): name for text in texts}
        elif kind:
            (nlu.lookups if kind == "lookup" else nlu.regexes)[name] += texts
    return nlu


def _texts(document: Document, path: tuple[Any, ...], examples: Any) -> Iterator[str]:
    """The examples of a block: lines that begin with a dash, or a list of texts or mappings."""
    if isinstance(examples, str):
        for line in examples.splitlines():
            if text := shown(re.sub(r"^\s*-\s?", "", line)):
                yield text
        return
    if not isinstance(examples, list):
        raise document.wrong(path, "examples are a text of lines `- ...`, or a list", "write `examples: |`")
    for example in examples:
        given = example.get("text") if isinstance(example, dict) else example
        if isinstance(given, (str, int, float)):
            yield shown(re.sub(r"^\s*-\s", "", str(given)))


def _parts(text: str, nlu: Nlu) -> Iterator[str | Mention]:
    """An example taken apart into its words and its labelled stretches."""
    at = 0
    for match in ANNOTATION.finditer(text):
        mention = _mention(match, nlu)
        if mention is None:
            continue
        yield text[at : match.start()]
        yield mention
        at = match.end()
    yield text[at:]


def _mention(match: re.Match[str], nlu: Nlu) -> Mention | None:
    about: dict[str, Any] = {"entity": match["entity"], "value": match["value"]}
    if told := match["about"] or match["several"]:
        try:
            found = json.loads(f"[{told}]")[0]  # of several labels the first is taken
        except (ValueError, RecursionError):
            return None
        about = found if isinstance(found, dict) else {}
    entity, surface = shown(about.get("entity") or ""), shown(match["text"])
    if not entity or not surface:
        return None
    nlu.groups |= "group" in about
    return Mention(surface, entity, shown(about.get("role") or ""), shown(about.get("value") or ""))


def collect(nlu: Nlu) -> None:
    """Gather the surfaces of every entity; a synonym of the project goes before a value of an example."""
    for examples in nlu.examples.values():
        for mention in (part for parts in examples for part in parts if isinstance(part, Mention)):
            if mention.kind not in ("", mention.entity):
                continue
            known = nlu.surfaces[mention.entity]
            value = mention.value or nlu.synonyms.get(mention.surface.casefold()) or mention.surface
            known.setdefault(mention.surface, value)


def pattern_of(parts: list[str | Mention], slot: Any) -> str | dict[str, str]:
    """An example as a pattern with {slots}, or as a text where it has none and signs that patterns use."""
    words = "".join(part.surface if isinstance(part, Mention) else part for part in parts)
    if not any(isinstance(part, Mention) for part in parts):
        return {"text": words} if set(words) & set(ESCAPABLE) else words
    return "".join(f"{{{slot(part)}}}" if isinstance(part, Mention) else escaped(part) for part in parts).strip()


def entity_of(name: str, nlu: Nlu, listed: list[str], about: str) -> tuple[dict[str, Any], str]:
    """The definition of an entity, and what to remark on it."""
    if pattern := _pattern(nlu.regexes.get(name, [])):
        return {"pattern": pattern}, "Rasa's regular expression; it draws texts that match"
    values = _values(nlu, name, listed)
    if values and all(re.fullmatch(r"\d{1,6}", value) for value in values) and len(values) > 1:
        numbers = [int(value) for value in values]
        return {"type": "number", "min": min(numbers), "max": max(numbers)}, ""
    if values:
        entries = [{"value": value, "synonyms": words} if words else value for value, words in values.items()]
        few = f"{len(values)} values are few: add some" if len(values) < 10 else ""
        return {"values": entries}, few
    guess = guessed(Field(name, kind="string"), about)
    return guess.definition, "No example says a value of it: guessed from its name"


def _values(nlu: Nlu, name: str, listed: list[str]) -> dict[str, list[str]]:
    """Canonical values with the other words for them; a surface belongs to the first value that has it."""
    pairs = list(nlu.surfaces.get(name, {}).items())
    pairs += [(text, nlu.synonyms.get(text.casefold(), text)) for text in (*nlu.lookups.get(name, ()), *listed)]
    canonical = {value for _, value in pairs}
    pairs += [(words, value) for words, value in nlu.synonyms.items() if value in canonical]
    out: dict[str, list[str]] = {}
    owner: dict[str, str] = {}
    spelling = dict[str, str]()
    for surface, value in pairs:
        value = spelling.setdefault(value.casefold(), value)
        if len(out) >= MOST_VALUES and value not in out:
            continue
        if owner.setdefault(value.casefold(), value) != value:
            continue
        words = out.setdefault(value, [])
        if surface.casefold() not in owner and len(words) < 50:
            owner[surface.casefold()] = value
            words.append(surface)
    return out


def _pattern(regexes: list[str]) -> str:
    """One expression for all of an entity, without anchors; "" where none can be drawn from."""
    bare = [re.sub(r"^\^|(?<!\\)\$$|\\b", "", regex) for regex in regexes]
    pattern = bare[0] if len(bare) == 1 else "|".join(f"(?:{regex})" for regex in bare)
    if not pattern:
        return ""
    try:
        sampler(pattern)
    except RegexError:
        return ""
    return pattern
