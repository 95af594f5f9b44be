"""Names: whether what the author refers to is defined, and what he may have meant."""

from __future__ import annotations

from collections.abc import Iterable
from difflib import get_close_matches

from synthconv.scenario.source import KeyPath, Source


def names_under(source: Source, *path: str) -> list[str]:
    """The names that the author wrote under `path`, faulty parts included."""
    data = source.data
    for part in path:
        data = data.get(part) if isinstance(data, dict) else None
    return list(data) if isinstance(data, dict) else []


def known(
    source: Source, path: KeyPath, name: str, options: Iterable[str], what: str, *, key: bool = False, cure: str = ""
) -> bool:
    """Whether `name` is one of `options`; if not, the mistake is noted, with the nearest name or the list of them."""
    found = list(options)
    if name in found:
        return True
    close = get_close_matches(name, found, n=1, cutoff=0.6)
    listed = f"there are: {', '.join(found[:12])}{', ...' if len(found) > 12 else ''}" if found else "none is defined"
    source.mistake(
        path, f"unknown {what} {name!r}", f"did you mean {close[0]!r}?" if close else cure or listed, key=key
    )
    return False
