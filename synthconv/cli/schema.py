"""`synthconv schema`: the JSON Schema of scenarios, of the rows, or of language packs."""

from __future__ import annotations

from typing import Literal

import typer

from synthconv.cli.console import guarded, put_json


@guarded
def schema(of: Literal["scenario", "rows", "pack"] = typer.Argument("scenario", help="What to describe.")) -> None:
    """Print a JSON Schema: of the scenario file (for completion in an editor), the JSONL rows, or a language pack."""
    if of == "rows":
        from synthconv.dataset.rows import rows_schema

        put_json(rows_schema())
    elif of == "pack":
        from synthconv.lang.models import Pack

        put_json(Pack.model_json_schema())
    else:
        from synthconv.scenario.schema import scenario_schema

        put_json(scenario_schema())
