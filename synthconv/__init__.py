"""Labelled chatbot data from a YAML scenario: `load_scenario` reads one, `generate` writes its data set.

`open_session` has language models word the rows.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from synthconv.llm.session import open_session
    from synthconv.pipeline import generate
    from synthconv.scenario.loader import load_scenario

__version__ = "0.1.0"
__all__ = ["__version__", "generate", "load_scenario", "open_session"]
_HOMES = {
    "generate": "synthconv.pipeline",
    "load_scenario": "synthconv.scenario.loader",
    "open_session": "synthconv.llm.session",
}


def __getattr__(name: str) -> Any:
    """The public functions, imported when they are first used: `synthconv --help` needs none of them."""
    if name in _HOMES:
        return getattr(import_module(_HOMES[name]), name)
    raise AttributeError(f"module 'synthconv' has no attribute {name!r}")
