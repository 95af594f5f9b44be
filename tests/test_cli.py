"""The command as a user meets it."""

import json
import os
import pty
import subprocess
import sys

import pytest
from conftest import SMALL, read_run

from synthconv import __version__
from synthconv.resources import scenario_names


@pytest.fixture
def spec(tmp_path):
    (tmp_path / "small.yaml").write_text(SMALL)
    return "small.yaml"


def test_generate_tells_what_it_did_on_stderr(cli, spec, tmp_path):
    result = cli("generate", spec, "-o", "data")
    assert result.exit_code == 0
    assert result.stdout == ""
    assert "88 rows in data" in result.stderr
    assert "transfer_money" in result.stderr
    assert "Splits share" in result.stderr
    assert "\x1b" not in result.stderr
    assert len(read_run(tmp_path / "data").rows) == 88


def test_quiet_says_nothing(cli, spec):
    result = cli("generate", spec, "-o", "data", "--quiet")
    assert (result.exit_code, result.output) == (0, "")


def test_json_is_the_manifest_and_all_of_stdout(cli, spec, tmp_path):
    result = cli("generate", spec, "-o", "data", "--json")
    assert json.loads(result.stdout) == read_run(tmp_path / "data").manifest


def test_a_seed_of_the_call_goes_before_that_of_the_scenario(cli, spec, tmp_path):
    cli("generate", spec, "-o", "a", "--seed", "8")
    cli("generate", spec, "-o", "b")
    assert read_run(tmp_path / "a").manifest["seed"] == 8
    assert read_run(tmp_path / "a").rows != read_run(tmp_path / "b").rows


def test_a_directory_is_not_overwritten(cli, spec, tmp_path):
    assert cli("generate", spec, "-o", "data").exit_code == 0
    before = (tmp_path / "data" / "intents.jsonl").read_bytes()
    result = cli("generate", spec, "-o", "data", "--seed", "9")
    assert result.exit_code == 2
    assert "data exists already; choose another -o, or replace it with --force" in result.stderr
    assert (tmp_path / "data" / "intents.jsonl").read_bytes() == before
    assert cli("generate", spec, "-o", "data", "--seed", "9", "--force").exit_code == 0


@pytest.mark.parametrize(
    "args",
    [
        ["generate"],
        ["generate", "small.yaml"],
        ["nonsense"],
        ["generate", "small.yaml", "-o", "x", "--seed", "-1"],
        ["schema", "nothing"],
    ],
)
def test_a_wrong_call_exits_with_2(cli, spec, args):
    assert cli(*args).exit_code == 2


def test_shipped_scenarios_go_by_name(cli):
    for name in scenario_names():
        assert cli("check", name).exit_code == 0


def test_check_tells_of_all_files(cli, spec, tmp_path):
    (tmp_path / "bad.yaml").write_text(SMALL.replace("seed: 7", "sed: 7"))
    result = cli("check", spec, "bad.yaml", "--json")
    assert result.exit_code == 2
    assert "small.yaml: ok, 2 intents, 12 examples, 5 entities, 2 personas" in result.stderr
    assert json.loads(result.stdout) == [
        {
            "file": "bad.yaml",
            "line": 43,
            "column": 39,
            "path": "generate.sed",
            "cause": "unknown key 'sed'",
            "cure": "did you mean 'seed'?",
        }
    ]


def test_plan_shows_rows_and_makes_none(cli, spec, tmp_path):
    result = cli("plan", spec)
    assert result.exit_code == 0
    assert "88 rows, 0 calls" in result.stdout
    assert json.loads(cli("plan", spec, "--json").stdout)["intents"]["check_balance"]["rows"] == 40
    assert sorted(path.name for path in tmp_path.iterdir()) == ["small.yaml"]


def test_init_writes_a_scenario_that_runs_at_once(cli, tmp_path):
    assert cli("init", "-o", "mine.yaml").exit_code == 0
    assert cli("init", "-o", "mine.yaml").exit_code == 2
    assert cli("init").stdout == (tmp_path / "mine.yaml").read_text("utf-8")
    result = cli("generate", "mine.yaml", "-o", "data")
    assert (result.exit_code, len(read_run(tmp_path / "data").rows)) == (0, 165)
    assert cli("init", "--like", "telecom", "-o", "other.yaml").exit_code == 0
    assert cli("check", "other.yaml").exit_code == 0
    wrong = cli("init", "--like", "telecon")
    assert (wrong.exit_code, "did you mean 'telecom'?" in wrong.stderr) == (2, True)


@pytest.mark.parametrize("of", ["scenario", "rows"])
def test_schemas_are_json_schemas(cli, of):
    import jsonschema

    jsonschema.Draft202012Validator.check_schema(json.loads(cli("schema", of).stdout))


def test_the_version_is_told(cli):
    assert cli("--version").stdout == f"synthconv {__version__}\n"


def test_a_reader_that_goes_away_is_no_error(tmp_path):
    command = f"{sys.executable} -m synthconv schema | head -1"
    done = subprocess.run(["bash", "-o", "pipefail", "-c", command], capture_output=True, text=True, cwd=tmp_path)
    assert (done.returncode, done.stderr, done.stdout) == (0, "", "{\n")


@pytest.mark.parametrize(("redirect", "code"), [("> /dev/full", 1), (">&-", 0), ("2>&-", 0), ("2> /dev/full", 0)])
def test_streams_that_take_nothing_are_no_traceback(redirect, code, tmp_path):
    done = subprocess.run(
        ["bash", "-c", f"{sys.executable} -m synthconv schema {redirect}"], capture_output=True, text=True, cwd=tmp_path
    )
    assert done.returncode == code
    assert "Traceback" not in done.stderr


def test_messages_do_not_steer_the_terminal(cli, tmp_path):
    (tmp_path / "s.yaml").write_text('scenario: "[/x]"\nintents: {a: {examples: [x]}}\n"x\\e[2J": 1\n')
    result = cli("check", "s.yaml")
    assert "\x1b" not in result.stderr
    (tmp_path / "s.yaml").write_text('scenario: "[/x]"\nintents: {a: {examples: [x]}}\n')
    assert "[/x]" in cli("plan", "s.yaml").stdout


def test_a_terminal_gets_colours_and_a_bar(spec, tmp_path):
    leader, follower = pty.openpty()
    env = {**os.environ, "TERM": "xterm-256color", "COLUMNS": "100"}
    big = (tmp_path / spec).read_text().replace("intent: 40", "intent: 300")
    (tmp_path / spec).write_text(big)
    process = subprocess.Popen(
        [sys.executable, "-m", "synthconv", "generate", spec, "-o", "data"], cwd=tmp_path, stderr=follower, env=env
    )
    os.close(follower)
    shown = b""
    while True:
        try:
            chunk = os.read(leader, 65536)
        except OSError:
            break
        if not chunk:
            break
        shown += chunk
    process.wait()
    os.close(leader)
    assert b"\x1b[" in shown
    assert b"generating" in shown


def test_help_imports_nothing_heavy():
    code = "import sys; from synthconv.cli.main import app; print([name for name in ('pydantic', 'yaml', 'rapidfuzz', 'faker', 'rich.progress', 'synthconv.pipeline') if name in sys.modules])"
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout == "[]\n"
