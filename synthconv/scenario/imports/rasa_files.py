"""The files of a Rasa project (2 and 3), told by their top-level keys, merged into one."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from synthconv.errors import UsageError
from synthconv.scenario.imports.draft import named, shown
from synthconv.scenario.imports.reading import Document, read_document
from synthconv.scenario.source import read_text

MOST_FILES = 1000
KINDS = ("nlu", "stories", "rules", "intents", "entities", "slots", "forms", "responses", "templates")
"""Top-level keys that tell a file of training data or of the domain."""
MARKS = re.compile(rf"^[\"']?(?:{'|'.join((*KINDS, 'pipeline'))})[\"']?\s*:", re.MULTILINE)
"""What a file of a Rasa project has somewhere: others in the folder are none of its business."""


@dataclass
class Project:
    """What a project's files say: blocks of NLU data, the domain's parts by name, the steps of stories and rules."""

    nlu: list[tuple[Document, int, dict[str, Any]]] = field(default_factory=list)
    intents: list[str] = field(default_factory=list)
    entities: list[str] = field(default_factory=list)
    slots: dict[str, dict[str, Any]] = field(default_factory=dict)
    forms: dict[str, Any] = field(default_factory=dict)
    responses: dict[str, str] = field(default_factory=dict)
    buttons: list[tuple[str, str]] = field(default_factory=list)
    stories: list[list[Any]] = field(default_factory=list)
    rules: list[list[Any]] = field(default_factory=list)
    language: str = ""
    checkpoints: bool = False


def read_project(folder: Path) -> Project:
    """The project in a folder. Raises UsageError where no file of it is Rasa's."""
    if not folder.is_dir():
        cause = f"{folder} is no folder" if folder.exists() else f"there is no folder {folder}"
        raise UsageError(cause, "name the folder of the project, with its domain.yml and data")
    project, read = Project(), 0
    for path in _files(folder):
        if not MARKS.search(read_text(path)):
            continue
        document = read_document(path)
        if not isinstance(document.data, dict):
            continue
        if "pipeline" in document.data and isinstance(document.data.get("language"), str):
            project.language = document.data["language"]
        if any(key in document.data for key in KINDS):
            _merge(project, document)
            read += 1
    if not read:
        old = any(folder.rglob("*.md"))
        cure = "convert it with `rasa data convert nlu` first" if old else "name the folder with domain.yml and data/"
        raise UsageError(f"{folder} has no YAML file of a Rasa project", cure)
    return project


def _files(folder: Path) -> list[Path]:
    found = [
        path
        for path in sorted(folder.rglob("*"))
        if path.suffix in (".yml", ".yaml")
        and path.is_file()
        and not any(part.startswith(".") for part in path.parts[len(folder.parts) :])
    ]
    if len(found) > MOST_FILES:
        raise UsageError(
            f"{folder} has {len(found):,} YAML files, the limit is {MOST_FILES:,}", "name the project's own folder"
        )
    return found


def _merge(project: Project, document: Document) -> None:
    data = document.data
    for i, block in enumerate(document.entries(("nlu",), data.get("nlu") or [])):
        project.nlu.append((document, i, block))
    for key, known in (("intents", project.intents), ("entities", project.entities)):
        known += [named(name) for name in _names(document, key) if named(name) not in known]
    for key, parts in (("slots", project.slots), ("forms", project.forms)):
        parts |= _mapping(document, key)
    for key in ("responses", "templates"):
        for name, variants in _mapping(document, key).items():
            given = [one for one in listed(variants) if isinstance(one, dict)]
            texts = [shown(one["text"]) for one in given if isinstance(one.get("text"), str)]
            if texts:
                project.responses[name] = texts[0]
            project.buttons += [
                (str(button.get("payload") or ""), str(button.get("title") or ""))
                for one in given
                for button in listed(one.get("buttons"))
                if isinstance(button, dict)
            ]
    for key, told in (("stories", project.stories), ("rules", project.rules)):
        for story in document.entries((key,), data.get(key) or []):
            steps = [step for step in listed(story.get("steps")) if isinstance(step, dict)]
            project.checkpoints |= any("checkpoint" in step for step in steps)
            if not any("user" in step and "intent" in step for step in steps):  # a test of the project
                told.append(steps)


def listed(value: Any) -> list[Any]:
    """A list as it is; nothing where something else stands."""
    return value if isinstance(value, list) else []


def _mapping(document: Document, key: str) -> dict[str, Any]:
    found = document.data.get(key) or {}
    if key == "forms" and isinstance(found, list):
        return {str(name): {} for name in found if isinstance(name, str)}
    if not isinstance(found, dict):
        raise document.wrong((key,), f"expected a mapping under {key}", "write `name:` lines under it")
    return {str(name): value for name, value in found.items()}


def _names(document: Document, key: str) -> Iterator[str]:
    """Names of a list whose entries are texts, or mappings with the name as their one key."""
    found = document.data.get(key) or []
    if not isinstance(found, list):
        raise document.wrong((key,), f"expected a list under {key}", "write `- name` lines under it")
    for entry in found:
        yield shown(next(iter(entry), "") if isinstance(entry, dict) else entry)


def steps_of(steps: list[Any]) -> Iterator[tuple[str, str]]:
    """The steps of a story that matter here: ("intent" | "action" | "loop", name), alternatives one after the other."""
    for step in steps:
        if isinstance(step.get("or"), list):
            yield from steps_of([one for one in step["or"] if isinstance(one, dict)])
        elif step.get("intent"):
            yield "intent", named(shown(step["intent"]))
        elif "action" in step:
            yield "action", shown(step["action"])
        elif "active_loop" in step or "form" in step:
            name = step.get("active_loop", step.get("form"))
            found = name.get("name") if isinstance(name, dict) else name
            yield "loop", shown(found) if found else ""
