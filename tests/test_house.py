"""The house itself: imports run downwards, pipeline.py stays short, docs say what is there, secrets stay secret."""

import ast
import json
import os
import pickle
import re
import subprocess
import sys
import traceback
import zipfile
from pathlib import Path

import pytest
from conftest import SMALL
from typer.main import get_command

from synthconv.cli.main import app
from synthconv.errors import Mistake, Secret, SynthconvError, redact
from synthconv.records import REASONS
from synthconv.scenario.catalogue import catalogue
from synthconv.scenario.models import ScenarioModel

ROOT = Path(__file__).parent.parent
PACKAGE = ROOT / "synthconv"
LAYERS = [
    {"records", "errors", "seeds", "yaml12"},
    {"resources", "stages", "testing"},
    {"lang"},
    {"scenario"},
    {"plan", "llm"},
    {"realise", "refine"},
    {"dataset", "measure"},
    {"rounds"},
    {"pipeline"},
    {"forecast"},
    {"cli"},
]
README = (ROOT / "README.md").read_text("utf-8")


def room(module):
    parts = module.split(".")
    return parts[1] if len(parts) > 1 else ""


def imports():
    for path in sorted(PACKAGE.rglob("*.py")):
        source = ".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__")
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(node, ast.ImportFrom):
                assert node.level == 0, f"{source} has a relative import"
                yield from (
                    (source, f"{node.module}.{name.name}" if node.module == "synthconv" else node.module)
                    for name in node.names
                )
            elif isinstance(node, ast.Import):
                yield from ((source, name.name) for name in node.names)


def test_imports_run_downwards():
    level = {name: i for i, names in enumerate(LAYERS) for name in names}
    seen = 0
    for source, target in imports():
        here, there = room(source), room(target)
        if (
            not target.startswith("synthconv")
            or not here
            or there in ("", "__version__")
            or here in ("__init__", "__main__")
        ):
            continue
        seen += 1
        assert here == there or level[there] < level[here], f"{source} imports {target}"
    assert seen > 100


def test_records_need_the_standard_library_only():
    allowed = set(sys.stdlib_module_names) | {"synthconv"}
    for source, target in imports():
        if source in ("synthconv.records", "synthconv.errors", "synthconv.seeds"):
            assert target.split(".")[0] in allowed


def test_the_story_is_short_and_no_file_or_function_is_a_hall():
    assert len((PACKAGE / "pipeline.py").read_text("utf-8").splitlines()) < 100
    for path in PACKAGE.rglob("*.py"):
        text = path.read_text("utf-8")
        assert text.count("\n") <= 400, path
        assert ast.get_docstring(ast.parse(text)), path
        for node in ast.walk(ast.parse(text)):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                assert node.end_lineno - node.body[0].lineno < 50, f"{path}: {node.name}"


def test_the_readme_tells_of_every_key_command_edge_case_and_reason():
    keys = {name for model in _models(ScenarioModel) for name in model.model_fields}
    for name in sorted(keys | set(catalogue().edge_cases) | set(catalogue().behaviours) | set(REASONS)):
        assert re.search(rf"`[^`\n]*\b{name}\b[^`\n]*`|^\s*{name}:|[{{ ]{name}:", README, re.MULTILINE), (
            f"the README does not name {name}"
        )
    for command in app.registered_commands:
        assert f"synthconv {command.callback.__name__}" in README
    for group in app.registered_groups:
        for command in group.typer_instance.registered_commands:
            assert f"synthconv {group.name} {command.name or command.callback.__name__}" in README
    for parameter in get_command(app).commands["generate"].params[1:]:
        assert any(option in README for option in parameter.opts), parameter.opts
    assert catalogue().behaviours.keys() >= {case.behaviour for case in catalogue().edge_cases.values()}


def _models(model, seen=None):
    seen = seen if seen is not None else set()
    if model in seen:
        return seen
    seen.add(model)
    for field in model.model_fields.values():
        todo = [field.annotation]
        while todo:
            found = todo.pop()
            todo += list(getattr(found, "__args__", ()) or ())
            if hasattr(found, "model_fields") and isinstance(found, type):
                _models(found, seen)
    return seen


def test_the_python_of_the_readme_runs(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "my_bot.yaml").write_text(SMALL)
    blocks = re.findall(r"```python\n(.*?)```", README, re.DOTALL)
    assert blocks
    for block in blocks:
        exec(block, {})


def test_the_scenario_of_the_readme_is_sound(tmp_path, cli):
    blocks = [block for block in re.findall(r"```yaml\n(.*?)```", README, re.DOTALL) if block.startswith("scenario:")]
    assert blocks
    for block in blocks:
        (tmp_path / "readme.yaml").write_text(block)
        result = cli("generate", "readme.yaml", "-o", "data")
        assert (result.exit_code, "note:" in result.stderr) == (0, False), result.stderr


def test_every_reason_is_given_somewhere():
    code = "\n".join(path.read_text("utf-8") for path in PACKAGE.rglob("*.py") if path.name != "records.py")
    for reason in REASONS:
        assert f'"{reason}"' in code, reason


PLANTED = "sk-planted-0123456789"


@pytest.mark.parametrize(
    "text",
    [
        f"scenario: x\nbase: https://user:{PLANTED}@host/v1\n",
        SMALL.replace("seed: 7", f"seed: https://me:{PLANTED}@h/"),
    ],
)
def test_a_planted_key_is_in_no_file_and_no_message(text, tmp_path):
    (tmp_path / "bad.yaml").write_text(text)
    (tmp_path / "good.yaml").write_text(SMALL)
    env = {**os.environ, "OPENAI_API_KEY": PLANTED, "OPENAI_BASE_URL": f"https://user:{PLANTED}@host/v1"}
    said = ""
    for spec in ("bad.yaml", "good.yaml"):
        done = subprocess.run(
            [sys.executable, "-m", "synthconv", "generate", spec, "-o", "out", "--json"],
            cwd=tmp_path,
            env=env,
            capture_output=True,
            text=True,
        )
        said += done.stdout + done.stderr
    assert "***@" in said or "unknown key" in said
    assert PLANTED not in said
    for path in (tmp_path / "out").iterdir():
        assert PLANTED not in path.read_text("utf-8")


def test_secrets_show_themselves_nowhere():
    secret = Secret(PLANTED)
    assert PLANTED not in f"{secret} {secret!r} {[secret]}"
    assert PLANTED.encode() not in pickle.dumps(secret)
    assert secret.reveal() == PLANTED
    try:
        raise SynthconvError(f"cannot reach https://me:{PLANTED}@host/v1", f"check http://u:{PLANTED}@x")
    except SynthconvError as error:
        assert PLANTED not in "".join(traceback.format_exception(error))
    assert redact(f"https://u:p@{PLANTED}@h/x") == "https://***@h/x"
    assert redact("https://a:b@c/d https://e/f") == "https://***@c/d https://e/f"
    assert PLANTED not in str(Mistake("f", 1, 1, "p", f"https://:{PLANTED}@h"))


@pytest.mark.slow
def test_an_installed_wheel_finds_its_scenarios_and_prompts(tmp_path):
    subprocess.run(
        [sys.executable, "-m", "build", "--wheel", "--outdir", tmp_path, ROOT],
        check=True,
        capture_output=True,
    )
    (wheel,) = tmp_path.glob("*.whl")
    names = zipfile.ZipFile(wheel).namelist()
    for folder in ("scenarios", "prompts"):
        shipped = {path.name for path in (ROOT / folder).iterdir() if path.is_file()}
        assert {f"synthconv/shipped/{folder}/{name}" for name in shipped} <= set(names)
    zipfile.ZipFile(wheel).extractall(tmp_path / "site")
    code = "import synthconv, sys; from synthconv.resources import *; assert sys.argv[1] in synthconv.__file__; print(shipped('prompts').is_dir(), *scenario_names())"
    env = {**os.environ, "PYTHONPATH": str(tmp_path / "site")}
    done = subprocess.run(
        [sys.executable, "-c", code, str(tmp_path)], cwd=tmp_path, env=env, capture_output=True, text=True, check=True
    )
    assert done.stdout.split() == ["True", *sorted(path.stem for path in (ROOT / "scenarios").glob("*.yaml"))]
    subprocess.run(
        [sys.executable, "-m", "synthconv", "generate", "retail_banking", "-o", "out", "-q"],
        cwd=tmp_path,
        env=env,
        check=True,
    )


def test_the_rows_that_the_readme_shows_are_those_of_the_sample():
    lines = (ROOT / "sample_outputs" / "retail_banking" / "intents.jsonl").read_text("utf-8").splitlines()
    rows = [{name: part for name, part in json.loads(line).items() if name != "provenance"} for line in lines]
    block = README.split("```json\n", 1)[1].split("```")[0]
    shown = [json.loads(line) for line in block.splitlines()]
    assert len(shown) > 2
    for row in shown:
        assert row in rows


@pytest.mark.parametrize("name", sorted(path.name for path in (ROOT / "sample_outputs").iterdir() if path.is_dir()))
def test_sample_outputs_are_what_the_tool_gives(name, tmp_path, cli):
    assert cli("generate", ROOT / "scenarios" / f"{name}.yaml", "-o", "out").exit_code == 0
    for path in (ROOT / "sample_outputs" / name).iterdir():
        assert path.read_bytes() == (tmp_path / "out" / path.name).read_bytes(), path.name
