"""Prompts: one Jinja file for each kind of request, with the blocks `system` and `user`.

A file in the user's own folder takes the place of the shipped one of the same name. Templates run in a sandbox, and a
variable that they name and nobody gives is an error before anything is sent.
"""

from __future__ import annotations

import os
import re
from dataclasses import dataclass
from functools import cached_property
from hashlib import sha256
from pathlib import Path
from typing import Any

from jinja2 import BaseLoader, StrictUndefined, Template, TemplateError, TemplateNotFound, TemplateSyntaxError, meta
from jinja2.sandbox import ImmutableSandboxedEnvironment

from synthconv.errors import UsageError, did_you_mean
from synthconv.resources import shipped

VARIABLES: dict[str, tuple[str, ...]] = {
    "utterances": (
        "bot",
        "language",
        "intent",
        "intents",
        "neighbours",
        "examples",
        "avoid",
        "reasons",
        "count",
        "request",
        "items_json",
    ),
    "paraphrase": ("bot", "language", "intents", "reasons", "count", "request", "items_json"),
    "dialogue": (
        "bot",
        "language",
        "intents",
        "examples",
        "persona",
        "style",
        "story",
        "turns",
        "reasons",
        "count",
        "request",
        "items_json",
    ),
}
"""The kinds of request, each with the variables that its template may use; prompts/README.md explains them."""
_INTENT = {
    "name": "pay_bill",
    "title": "pay bill",
    "description": "Pay a bill.",
    "slots": [{"name": "amount", "meaning": "money"}],
}
SAMPLE: dict[str, Any] = {
    "bot": {"name": "bank", "description": "Chat of a bank.", "called": "Nova", "tone": "friendly"},
    "language": "en",
    "intent": _INTENT,
    "intents": [_INTENT],
    "neighbours": [{**_INTENT, "example": "pay it"}],
    "examples": ["pay my rent"],
    "avoid": ["i would"],
    "persona": "Short of time.",
    "style": "casual",
    "story": [{"number": 1, "speaker": "user", "open": False, "text": "pay it"}],
    "turns": [{"number": 2, "speaker": "user", "open": True, "text": ""}],
    "reasons": ["the message was empty"],
    "count": 1,
    "request": "0",
    "items_json": '{"items": []}',
}
"""A value of the right shape for every variable."""
MAX_PATH = 4000
MAX_BYTES = 1_000_000
SURROGATE = re.compile("[\ud800-\udfff]")


@dataclass(frozen=True)
class Prompts:
    """The prompt files of a run: those of `folder` where it has them, else the shipped ones."""

    folder: Path | None = None

    def __post_init__(self) -> None:
        if self.folder is None:
            return
        if len(str(self.folder)) > MAX_PATH or not self.folder.is_dir():
            raise UsageError(f"there is no folder {self.folder}", "--prompts names a folder of .j2 files")
        own = [path.name for path in self.folder.glob("*.j2")]
        if not set(own) & {f"{kind}.j2" for kind in VARIABLES}:
            there = ", ".join(f"{kind}.j2" for kind in VARIABLES)
            raise UsageError(f"the folder {self.folder} has none of {there}", "copy one of the shipped files there")

    def check(self) -> None:
        """Raise UsageError if one of the prompts cannot be used, before anything is sent: each is tried once."""
        for kind, names in VARIABLES.items():
            self.render(kind, {name: SAMPLE[name] for name in names})

    @cached_property
    def hashes(self) -> dict[str, str]:
        """The SHA-256 of each prompt file, by its kind."""
        return {kind: sha256(self.source(f"{kind}.j2")[1].encode()).hexdigest() for kind in VARIABLES}

    def source(self, name: str) -> tuple[Path, str]:
        """The file that is used for `name`, and its text."""
        own = self.folder / name if self.folder else None
        path = own if own and os.path.lexists(own) else shipped("prompts") / name
        try:
            if not path.is_file():
                raise UsageError(f"the prompt {path} is not a file", "mend it, or leave it out")
            if path.stat().st_size > MAX_BYTES:
                raise UsageError(f"{path} is larger than {MAX_BYTES:,} bytes", "a prompt is a page of text")
            return path, path.read_text(encoding="utf-8")
        except (OSError, UnicodeDecodeError) as error:
            reason = error.strerror if isinstance(error, OSError) else "it is not UTF-8"
            raise UsageError(f"the prompt {path} cannot be read ({reason})", "mend it, or leave it out") from None

    def render(self, kind: str, variables: dict[str, Any]) -> tuple[str, str]:
        """The system and the user message of a request; the user message ends with the block of `items_json`."""
        template, path = self._templates[kind]
        messages = [self._block(template, path, name, variables) for name in ("system", "user")]
        if any(map(SURROGATE.search, messages)):
            raise UsageError(f"{path}: the text has half of a character (a surrogate)", "mend the template")
        ending = f"```json\n{variables['items_json']}\n```"
        if not messages[1].endswith(ending):
            raise UsageError(
                f"{path}: the block user does not end with the items",
                "end it with the lines ```json, {{ items_json }} and ```",
            )
        return messages[0], messages[1]

    @staticmethod
    def _block(template: Template, path: Path, name: str, variables: dict[str, Any]) -> str:
        try:
            try:
                return "".join(template.blocks[name](template.new_context(variables))).strip()
            except Exception:  # a template is the user's code and may fail in any way
                template.environment.handle_exception()  # raises it again, with the template's lines
        except Exception as error:
            place = _place(error, path)
            raise UsageError(f"{place}: {type(error).__name__}: {error}", "mend the template") from None

    @cached_property
    def _templates(self) -> dict[str, tuple[Template, Path]]:
        environment = ImmutableSandboxedEnvironment(
            loader=_Files(self), undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True
        )
        return {kind: self._compiled(environment, kind, set(names)) for kind, names in VARIABLES.items()}

    def _compiled(
        self, environment: ImmutableSandboxedEnvironment, kind: str, names: set[str]
    ) -> tuple[Template, Path]:
        path, text = self.source(f"{kind}.j2")
        try:
            unknown = sorted(meta.find_undeclared_variables(environment.parse(text)) - names)
            template = environment.get_template(f"{kind}.j2")
        except TemplateSyntaxError as error:
            raise UsageError(f"{path}:{error.lineno}: {error.message}", "mend the template") from None
        except (TemplateError, RecursionError, SyntaxError, ValueError) as error:
            raise UsageError(f"{path}: {error}", "mend the template") from None
        if unknown:
            hints = did_you_mean(unknown[0], sorted(names)) if len(unknown) == 1 else f"there are: {sorted(names)}"
            raise UsageError(f"{path}: nothing gives {', '.join(unknown)}", hints)
        if missing := [name for name in ("system", "user") if name not in template.blocks]:
            raise UsageError(f"{path} has no block {' and no block '.join(missing)}", "write {% block NAME %}")
        return template, path


class _Files(BaseLoader):
    """Jinja's view of the prompt files, for templates that include or extend another."""

    def __init__(self, prompts: Prompts) -> None:
        self.prompts = prompts

    def get_source(self, environment: Any, template: str) -> tuple[str, str | None, None]:
        """The text of a template and its file name; raises TemplateNotFound for a name that is no plain file name."""
        if Path(template).name != template:
            raise TemplateNotFound(template)
        try:
            path, text = self.prompts.source(template)
        except UsageError as error:
            raise TemplateNotFound(template, str(error)) from None
        return text, str(path), None


def _place(error: Exception, path: Path) -> str:
    """The file and line of a template that an error came from."""
    place, traceback = str(path), error.__traceback__
    while traceback:
        if traceback.tb_frame.f_code.co_filename.endswith(".j2"):
            place = f"{traceback.tb_frame.f_code.co_filename}:{traceback.tb_lineno}"
        traceback = traceback.tb_next
    return place
