"""Language packs: one YAML file a language in `lang/data`, checked and typed by `lang/models.py`.

A tag such as "de-AT" finds the pack "de" and its region "AT"; a language without a file gets the pack "und".
"""

from __future__ import annotations

import os
import re
from functools import lru_cache
from pathlib import Path
from typing import Any

import yaml
from pydantic import ValidationError

from synthconv import yaml12
from synthconv.errors import UsageError
from synthconv.lang.models import Pack
from synthconv.lang.tokens import WORD, Substitution, any_phrase, substitution

DATA = Path(__file__).with_name("data")
OWN_PACKS = "SYNTHCONV_LANGUAGES"
"""The environment variable that names a folder of a user's own packs."""
UNKNOWN = "und"


def pack_files() -> dict[str, Path]:
    """The pack of each language: those shipped, and those of the folder that SYNTHCONV_LANGUAGES names before them."""
    own = os.environ.get(OWN_PACKS)
    if own and not Path(own).is_dir():
        raise UsageError(
            f"{OWN_PACKS} names {own!r}, which is no folder", "name a folder of language packs, or unset it"
        )
    folders = [DATA, *([Path(own)] if own else [])]
    return {path.stem: path for folder in folders for path in sorted(folder.glob("*.yaml"))}


def languages() -> tuple[str, ...]:
    """The languages that have a pack."""
    return tuple(sorted(pack_files().keys() - {UNKNOWN}))


@lru_cache(maxsize=16)
def load_pack(tag: str) -> Pack:
    """The pack for a BCP 47 tag, set to its region; "und" where the language has none.

    What a pack leaves out is as in "und". Raises UsageError if it is no pack.
    """
    language, region = split_tag(tag)
    if region:
        pack = load_pack(language)
    else:
        files = pack_files()
        pack = _read(files[UNKNOWN]) if language not in files else _read(files[UNKNOWN], files[language])
    if region in pack.regions:
        pack = pack.model_copy(update={"default_region": region})
    if pack.region.dates:
        pack = pack.model_copy(update={"dates": pack.dates.model_copy(update=dict(pack.region.dates))})
    return pack


def _read(*files: Path) -> Pack:
    """The last of `files`, with what it leaves out as in those before it."""
    found: dict[str, Any] = {}
    try:
        for path in files:
            held = yaml12.load(path.read_text(encoding="utf-8"))
            if not isinstance(held, dict):
                raise TypeError("it holds no keys")
            found |= held
        return Pack.model_validate(found)
    except ValidationError as error:
        first = error.errors()[0]
        place = ".".join(map(str, first["loc"]))
        raise UsageError(
            f"{files[-1]}: {place}: {first['msg']}", "`synthconv schema pack` tells what it may hold"
        ) from None
    except (OSError, ValueError, TypeError, yaml.YAMLError) as error:
        cause = " ".join(str(error).split())
        raise UsageError(f"{files[-1]} is no language pack: {cause}", "write it as YAML in UTF-8") from None


@lru_cache(maxsize=8)
def function_words(language: str) -> frozenset[str]:
    """Words of a language that are no names, so that they may lose a capital."""
    pack = load_pack(language)
    first = (words.split()[0] for words in pack.style.question_words)
    return frozenset((*first, *pack.noise.small_words))


@lru_cache(maxsize=8)
def common_words(language: str) -> frozenset[str]:
    """These and the words that the pack's synonyms write small: a sentence may begin with them without a capital."""
    pack = load_pack(language)
    written = (WORD.findall(words) for group in pack.wording.synonyms for words in group)
    days = {word.lower() for word in (*pack.dates.weekdays, *pack.dates.weekdays_short, *pack.dates.months)}
    return function_words(language) | {word for words in written for word in words if word.islower()} - days


@lru_cache(maxsize=8)
def greeted(language: str) -> re.Pattern[str]:
    """Matches the greetings at the start of a text, with the marks after them."""
    words = any_phrase(load_pack(language).style.greetings)
    return re.compile(rf"^(?:{words}\s*[,!.]*\s+)+", re.IGNORECASE)


@lru_cache(maxsize=8)
def capitals(language: str) -> Substitution:
    """The words of a language that always have a capital, for those in lower case."""
    return substitution({word: word for word in load_pack(language).style.capital_words})


def split_tag(tag: str) -> tuple[str, str]:
    """The language and the region of a BCP 47 tag; the region is "" where the tag has none."""
    parts = tag.split("-")
    region = next((part.upper() for part in parts[1:] if len(part) == 2), "")
    return parts[0].lower(), region


def faker_locale(tag: str) -> str:
    """The Faker locale that comes closest to `tag`; en_US where there is none."""
    from faker.config import AVAILABLE_LOCALES  # half a second of CPU for those who use no Faker entity

    language, region = split_tag(tag)
    if (exact := f"{language}_{region}") in AVAILABLE_LOCALES:
        return exact
    pack = load_pack(tag)
    if pack.language == language:
        return pack.region.faker
    return next((name for name in sorted(AVAILABLE_LOCALES) if name.split("_")[0] == language), "en_US")
