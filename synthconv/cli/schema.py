"""`synthconv schema`: the JSON Schema of scenarios, or of the rows."""

from __future__ import annotations

from typing import Literal

import typer

from synthconv.cli.console import guarded, put_json


@guarded
def schema(of: Literal["scenario", "rows"] = typer.Argument("scenario", help="What to describe.")) -> None:
    """Print a JSON Schema: of the scenario file, for completion in an editor, or of the JSONL rows."""
    if of == "rows":
        from synthconv.dataset.rows import rows_schema

        put_json(rows_schema())
    else:
        from synthconv.scenario.schema import scenario_schema

        put_json(scenario_schema())
