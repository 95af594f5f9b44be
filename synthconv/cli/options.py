"""Options that several commands share: which models to ask, and where their answers are kept."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

PANEL = "Language models"


def _option(*names: str, help: str, **limits: Any) -> typer.models.OptionInfo:
    found: typer.models.OptionInfo = typer.Option(*names, help=help, rich_help_panel=PANEL, **limits)
    return found


Models = Annotated[
    list[str], _option("--model", help="Have a model word the rows; again for several. Without it, rules do.")
]
BaseUrls = Annotated[
    list[str], _option("--base-url", help="An OpenAI-compatible server; once for all models, or once for each.")
]
ApiKeyEnv = Annotated[
    str | None, _option("--api-key-env", help="The environment variable with the key; OPENAI_API_KEY.")
]
PromptFolder = Annotated[
    Path | None, _option("--prompts", help="A folder of prompts that take the place of the shipped ones.")
]
JournalFile = Annotated[
    Path | None, _option("--journal", help="Where answers are kept; by default in the cache folder of the user.")
]
PriceFile = Annotated[Path | None, _option("--prices", help="A price table that goes before the shipped one.")]
Concurrency = Annotated[int, _option("--concurrency", help="Calls at a time.", min=1, max=2000)]
Timeout = Annotated[float, _option("--timeout", help="Seconds to wait for an answer.", min=0.1, max=86_400)]
MaxCost = Annotated[float | None, _option("--max-cost", help="Spend no more US dollars than this.", min=0)]
MaxCalls = Annotated[int | None, _option("--max-calls", help="Send no more calls than this.", min=0)]
MaxTokens = Annotated[int | None, _option("--max-tokens", help="Use no more tokens than this.", min=0)]
ReplayOnly = Annotated[bool, _option("--replay-only", help="Send nothing; an answer that is not kept is an error.")]
