"""A YAML file as plain data with the place of every key and value; refuses what is hostile or absurd."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

from synthconv.errors import Mistake, ScenarioError
from synthconv.yaml12 import Yaml12Loader

MAX_BYTES = 16 * 2**20
MAX_DEPTH = 40
MAX_NODES = 400_000
MAX_MISTAKES = 200

KeyPath = tuple[str | int, ...]


class Pruned(list[Any]):
    """A list without its faulty entries; `written` tells where each of the others stands in the file."""

    written: list[int]


@dataclass
class Source:
    """The data of a file, and where each key path stands in it (line and column from 1)."""

    file: str
    data: Any = None
    values: dict[KeyPath, tuple[int, int]] = field(default_factory=dict)
    keys: dict[KeyPath, tuple[int, int]] = field(default_factory=dict)
    quoted: set[KeyPath] = field(default_factory=set)
    mistakes: list[Mistake] = field(default_factory=list)
    pruned: Any = None

    def written(self, path: KeyPath, i: int) -> int:
        """Where entry `i` of the checked list at `path` stands in the file."""
        found = self.pruned
        for part in path:
            found = found[part]
        return found.written[i] if isinstance(found, Pruned) else i

    def mistake(self, path: KeyPath, cause: str, cure: str = "", *, key: bool = False, column: int = 0) -> None:
        """Note a mistake at `path`, or at the nearest place above it that the file has."""
        place = path
        while place and place not in self.values:
            place = place[:-1]
        line, start = (self.keys if key and place in self.keys and place == path else self.values).get(place, (1, 1))
        if column and place in self.quoted:
            column += 1
        self.mistakes.append(Mistake(self.file, line, start + column, dotted(path), cause, cure))
        if len(self.mistakes) >= MAX_MISTAKES:
            more = Mistake(
                self.file, line, start + column, "", f"there are more than {MAX_MISTAKES} mistakes", "mend these first"
            )
            raise ScenarioError([*self.mistakes, more])


def dotted(path: KeyPath) -> str:
    """`intents.transfer.examples[2]`"""
    out = ""
    for part in path:
        out += f"[{part}]" if isinstance(part, int) else f"{'.' if out else ''}{part}"
    return out


def read_source(path: Path) -> Source:
    """The data and places of the YAML file at `path`. Raises ScenarioError if it is not one."""
    return parse_source(read_text(path), str(path))


def parse_source(text: str, file: str) -> Source:
    """The data and places of a YAML text. Raises ScenarioError if it is not YAML or is hostile."""
    source = Source(file)
    try:
        _check_events(text, file)
        node = yaml.compose(text, Loader=Yaml12Loader)
    except yaml.YAMLError as error:
        raise _fatal(file, *_yaml_cause(error, text)) from None
    if node is None:
        raise _fatal(file, 1, 1, "the file is empty", "run `synthconv init` for a scenario to start from")
    source.data = _Builder(source).build(node, ())
    return source


def _fatal(file: str, line: int, column: int, cause: str, cure: str = "") -> ScenarioError:
    return ScenarioError([Mistake(file, line, column, "", cause, cure)])


def read_text(path: Path) -> str:
    """The text of the file at `path`. Raises ScenarioError for one that is binary, too large or not UTF-8."""
    try:
        if path.is_dir():
            raise _fatal(str(path), 1, 1, "this is a directory", "name the YAML file in it")
        if path.is_fifo() and not str(path).startswith(("/dev/", "/proc/")):
            raise _fatal(str(path), 1, 1, "this is a pipe", "name a file, or /dev/stdin")
        size = path.stat().st_size
        if size > MAX_BYTES:
            raise _fatal(
                str(path),
                1,
                1,
                f"the file has {size / 2**20:.0f} MB, the limit is {MAX_BYTES // 2**20}",
                "keep examples that teach something new",
            )
        with path.open("rb") as file:
            raw = file.read(MAX_BYTES + 1)
    except OSError as error:
        raise _fatal(
            str(path), 1, 1, f"the file cannot be read ({error.strerror})", "check the path and its permissions"
        ) from None
    if raw[:2] in (b"\xff\xfe", b"\xfe\xff"):
        raise _fatal(str(path), 1, 1, "the file is UTF-16", "save it as UTF-8")
    if len(raw) > MAX_BYTES:
        raise _fatal(str(path), 1, 1, f"the file is larger than {MAX_BYTES // 2**20} MB", "name a regular file")
    if b"\0" in raw:
        raise _fatal(
            str(path),
            raw[: raw.index(b"\0")].count(b"\n") + 1,
            1,
            "the file is binary",
            "a scenario is a YAML text in UTF-8",
        )
    try:
        return raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = raw[: error.start].count(b"\n") + 1
        column = error.start - raw.rfind(b"\n", 0, error.start)
        raise _fatal(
            str(path), line, column, f"byte 0x{raw[error.start]:02x} is not UTF-8", "save the file as UTF-8"
        ) from None


def _yaml_cause(error: yaml.YAMLError, text: str) -> tuple[int, int, str, str]:
    mark = getattr(error, "problem_mark", None) or getattr(error, "context_mark", None)
    problem = getattr(error, "problem", None) or getattr(error, "reason", None) or "it cannot be read"
    line, column = (mark.line + 1, mark.column + 1) if mark else (1, 1)
    if position := getattr(error, "position", None):
        line, column = text.count("\n", 0, position) + 1, position - text.rfind("\n", 0, position)
    return (
        line,
        column,
        f"this is not YAML: {problem}",
        "check the indentation; put quotes around a text that starts with [ { * & ! % @ or holds ': ' or ' #'",
    )


def _check_events(text: str, file: str) -> None:
    """Refuses deep nesting and several documents before anything recursive runs."""
    depth = documents = 0
    for count, event in enumerate(yaml.parse(text, Loader=Yaml12Loader)):
        depth += isinstance(event, yaml.CollectionStartEvent) - isinstance(event, yaml.CollectionEndEvent)
        documents += isinstance(event, yaml.DocumentStartEvent)
        mark: Any = event.start_mark
        place = (mark.line + 1, mark.column + 1)
        if depth > MAX_DEPTH:
            raise _fatal(file, *place, f"values nest deeper than {MAX_DEPTH}", "a scenario needs at most eight levels")
        if documents > 1:
            raise _fatal(file, *place, "the file has a second YAML document", "put each scenario in a file of its own")
        if count > MAX_NODES:
            raise _fatal(
                file, *place, f"the file has more than {MAX_NODES:,} nodes", "keep examples that teach something new"
            )


class _Builder:
    """Builds data out of nodes, noting the place of each, duplicate keys, and the weight of aliases."""

    def __init__(self, source: Source) -> None:
        self.source, self.left, self.loader, self.open = source, MAX_NODES, Yaml12Loader(""), set[int]()

    def build(self, node: yaml.Node, path: KeyPath) -> Any:
        line, column = node.start_mark.line + 1, node.start_mark.column + 1
        self.source.values[path] = (line, column)
        self.left -= 1
        if self.left < 0 or id(node) in self.open:
            cause = (
                "an alias stands inside its own value"
                if id(node) in self.open
                else f"aliases unfold to more than {MAX_NODES:,} values"
            )
            raise _fatal(self.source.file, line, column, cause, "write the values out")
        if node.tag.removeprefix("tag:yaml.org,2002:") not in ("map", "seq", "str", "int", "float", "bool", "null"):
            raise _fatal(self.source.file, line, column, f"the tag {node.tag!r} is not read", "write the plain value")
        if isinstance(node, yaml.ScalarNode):
            return self._scalar(node, path)
        self.open.add(id(node))
        data: Any = (
            dict(self._pairs(node, path))
            if isinstance(node, yaml.MappingNode)
            else [self.build(item, (*path, i)) for i, item in enumerate(node.value)]
        )
        self.open.discard(id(node))
        return data

    def _scalar(self, node: yaml.ScalarNode, path: KeyPath) -> Any:
        if node.style in ("'", '"'):
            self.source.quoted.add(path)
        try:
            return self.loader.construct_object(node)
        except (ValueError, KeyError, yaml.YAMLError):
            self.source.mistake(
                path, f"{node.value[:40]!r} is no {node.tag.rsplit(':', 1)[1]}", "put it in quotes if it is text"
            )
            return node.value

    def _pairs(self, node: yaml.MappingNode, path: KeyPath) -> Iterator[tuple[str, Any]]:
        seen: dict[str, int] = {}
        for key, value in node.value:
            if not isinstance(key, yaml.ScalarNode):
                self.source.mistake(path, "a key is a list or a mapping", "keys are plain names")
                continue
            name, line = key.value, key.start_mark.line + 1
            self.source.keys[(*path, name)] = (line, key.start_mark.column + 1)
            if name in seen:
                self.source.values[(*path, name)] = (line, key.start_mark.column + 1)
                self.source.mistake(
                    (*path, name),
                    f"the key is here twice, first in line {seen[name]}",
                    "rename or remove one of them",
                    key=True,
                )
                continue
            seen[name] = line
            yield name, self.build(value, (*path, name))
