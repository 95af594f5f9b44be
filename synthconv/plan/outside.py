"""Messages of none of the intents: their skeletons from the catalogue's texts, and what fills the gaps in them."""

from __future__ import annotations

import base64
import codecs
import re
from collections.abc import Callable, Iterable
from dataclasses import replace
from functools import lru_cache
from pathlib import Path
from random import Random
from zlib import crc32

from pydantic import BaseModel, ConfigDict

from synthconv import yaml12
from synthconv.lang.models import Pack
from synthconv.lang.packs import load_pack, split_tag
from synthconv.lang.tokens import WORD
from synthconv.plan.frames import frames_of
from synthconv.plan.names import words_of
from synthconv.plan.skeletons import Skeleton, split_up
from synthconv.scenario.loader import Scenario
from synthconv.scenario.models import EntityModel
from synthconv.scenario.patterns import Slot, Template, expand, parse
from synthconv.scenario.values import Locale, build_sampler

DATA = Path(__file__).with_name("data")
Filler = Callable[[Random], str]


class _Topic(BaseModel):
    model_config = ConfigDict(extra="forbid")

    keywords: list[str]
    patterns: list[str]


class _Texts(BaseModel):
    model_config = ConfigDict(extra="forbid")

    patterns: list[str] = []
    topics: dict[str, _Topic] = {}


@lru_cache(maxsize=8)
def _texts(language: str) -> dict[str, _Texts]:
    files = [DATA / "outside_any.yaml", DATA / f"outside_{language}.yaml"]
    return {
        name: _Texts.model_validate(texts)
        for file in files
        if file.exists()
        for name, texts in yaml12.load(file.read_text(encoding="utf-8")).items()
    }


def outside_skeletons(scenario: Scenario, edge_case: str, tag: str) -> tuple[Skeleton, ...]:
    """The skeletons of an outside edge case; those of topics that the scenario is about are marked `in_scope`."""
    texts = _texts(split_tag(tag)[0]).get(edge_case, _Texts())
    own = vocabulary(scenario) if texts.topics else frozenset()
    sources = {pattern: False for pattern in texts.patterns}
    for topic in texts.topics.values():
        sources |= dict.fromkeys(topic.patterns, not own.isdisjoint(topic.keywords))
    templates = [parse(pattern, tag, authored=False) for pattern in sources]
    found = split_up(templates, scenario.model.splits.model_dump())
    return tuple(replace(skeleton, in_scope=sources[skeleton.template.source]) for skeleton in found)


def vocabulary(scenario: Scenario) -> frozenset[str]:
    """The words of the scenario's names, descriptions, examples and listed values, in lower case."""
    model = scenario.model
    texts: list[str] = [words_of(model.scenario), model.description or ""]
    for name, intent in model.intents.items():
        texts += [words_of(name), intent.description or "", *(template.source for template in scenario.templates[name])]
    for name, entity in model.entities.items():
        texts += [words_of(name), *entity.listed]
    return frozenset(word for text in texts for word in WORD.findall(text.lower()))


def fillers(scenario: Scenario, locale: Locale) -> dict[str, Filler]:
    """What fills the gaps of outside texts, by name; none of it is a labelled value."""
    rows = [
        parse(pattern, locale.tag)
        for topic in _texts(split_tag(locale.tag)[0]).get("out_of_scope", _Texts()).topics.values()
        for pattern in topic.patterns
    ]
    topics = _subjects(scenario, locale.tag)
    emoji = list(load_pack(locale.tag).style.emoji)
    people = build_sampler("person", EntityModel(faker="name"), locale)

    def sentence(random: Random) -> str:
        return _sentence(rows, random)

    return {
        "topic": lambda random: _stable_choice(topics, random),
        "person": lambda random: people.draw(random)[0],
        "emoji": lambda random: random.choice(emoji),
        "gibberish": lambda random: _gibberish(load_pack(locale.tag).keyboard, random),
        "base64": lambda random: base64.b64encode(sentence(random).encode()).decode(),
        "hex": lambda random: sentence(random)[:24].encode().hex(),
        "rot13": lambda random: codecs.encode(sentence(random), "rot13"),
        "reversed": lambda random: sentence(random)[::-1],
        "binary": lambda random: " ".join(f"{byte:08b}" for byte in sentence(random)[:8].encode()),
        "morse": lambda random: " ".join(filter(None, (MORSE.get(char, "") for char in sentence(random).lower()))),
    }


def _stable_choice(words: list[str], random: Random) -> str:
    """A random one of `words`, such that a word that is added changes only the choices that fall on it."""
    point = random.getrandbits(32)
    return max(words, key=lambda word: crc32(word.encode("utf-8", "surrogatepass"), point))


def _subjects(scenario: Scenario, tag: str) -> list[str]:
    """Noun phrases of the scenario's own domain: listed values and the names of their entities, in the plural."""
    entities, pack = scenario.model.entities, load_pack(tag)
    found = [words_of(name) for name, entity in entities.items() if entity.values]
    found += [entry.value for entity in entities.values() for entry in entity.values or ()]
    bare = (words.partition(" ")[2] if words.split()[0] in pack.articles else words for words in found if words.split())
    small = {*pack.noise.small_words, *pack.prepositions, *pack.articles, *frames_of(pack.language).nouns}
    kept = [_several(words, pack) for words in bare if _is_common(words, tag) and small.isdisjoint(words.split())]
    return list(dict.fromkeys(kept)) or [words_of(scenario.name)]


def _is_common(words: str, tag: str) -> bool:
    """Whether words look like a common noun phrase: two or more, letters only, no names (German nouns aside)."""
    cased = words.islower() or split_tag(tag)[0] == "de"
    return cased and " " in words and len(words) < 30 and words.replace(" ", "").isalpha()


def _several(words: str, pack: Pack) -> str:
    """`words` in the plural, unless they have it or the language's pack does not tell how."""
    if words.endswith("s"):
        return words
    return next((re.sub(old, new, words) for old, new in pack.plural if re.search(old, words)), words)


def _sentence(templates: Iterable[Template], random: Random) -> str:
    rows = list(templates)
    if not rows:
        return "hello can you read this"
    return " ".join(
        "".join(piece for piece in expand(random.choice(rows).tree, random) if not isinstance(piece, Slot)).split()
    )


def _gibberish(keyboard: tuple[str, ...], random: Random) -> str:
    row = random.choice(keyboard)
    letters = row if random.random() < 0.7 else "".join(keyboard)
    return "".join(random.choice(letters) for _ in range(random.randint(4, 12)))


_MORSE_CODES = (
    ".- -... -.-. -.. . ..-. --. .... .. .--- -.- .-.. -- -. --- .--. --.- .-. ... - ..- ...- .-- -..- -.-- --.. "
    "----- .---- ..--- ...-- ....- ..... -.... --... ---.. ----."
)
MORSE = dict(zip("abcdefghijklmnopqrstuvwxyz0123456789", _MORSE_CODES.split(" "), strict=True))
