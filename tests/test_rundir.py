"""A run directory is whole or absent, whatever happens."""

import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from conftest import SMALL, read_run

from synthconv.dataset.rundir import FILES, run_directory
from synthconv.errors import RunDirectoryError, SynthconvError


def write_run(path, **how):
    with run_directory(path, **how) as run:
        run.write("manifest.json", {"n": 1})


def names(folder):
    return sorted(path.name for path in folder.iterdir())


def test_nothing_is_there_until_all_is(tmp_path):
    with run_directory(tmp_path / "out") as run:
        run.append("a.jsonl", {"x": "ä"})
        assert not (tmp_path / "out").exists()
    assert names(tmp_path) == ["out"]
    assert (tmp_path / "out" / "a.jsonl").read_text("utf-8") == '{"x": "ä"}\n'


def test_an_error_leaves_nothing(tmp_path):
    with pytest.raises(KeyError), run_directory(tmp_path / "out") as run:
        run.append("a.jsonl", {})
        raise KeyError
    assert names(tmp_path) == []


def test_a_directory_is_replaced_with_force_only(tmp_path):
    write_run(tmp_path / "out")
    with pytest.raises(RunDirectoryError, match="exists already; choose another -o, or replace it with --force"):
        write_run(tmp_path / "out")
    (tmp_path / "out" / "README.md").touch()
    write_run(tmp_path / "out", force=True)
    assert names(tmp_path / "out") == ["intents.jsonl", "manifest.json", "rejected.jsonl"]
    assert names(tmp_path) == ["out"]


def test_force_replaces_runs_only(tmp_path):
    (tmp_path / "thesis").mkdir()
    (tmp_path / "thesis" / "chapter").touch()
    (tmp_path / "file").touch()
    with pytest.raises(RunDirectoryError, match="holds files that are not of a run"):
        write_run(tmp_path / "thesis", force=True)
    write_run(tmp_path / "mine")
    (tmp_path / "mine" / "notes.txt").touch()
    with pytest.raises(RunDirectoryError, match="holds files that are not of a run"):
        write_run(tmp_path / "mine", force=True)
    with pytest.raises(RunDirectoryError, match="is not a directory"):
        write_run(tmp_path / "file", force=True)
    assert names(tmp_path) == ["file", "mine", "thesis"]


def test_two_runs_do_not_share_a_directory(tmp_path):
    with run_directory(tmp_path / "out"), pytest.raises(RunDirectoryError, match="another run is writing"):
        write_run(tmp_path / "out")
    assert names(tmp_path) == ["out"]


def test_what_a_killed_run_left_is_cleared(tmp_path):
    (tmp_path / ".out.partial").mkdir()
    (tmp_path / ".out.partial" / "intents.jsonl").write_text("half")
    write_run(tmp_path / "out")
    assert names(tmp_path) == ["out"]
    assert names(tmp_path / "out") == ["intents.jsonl", "manifest.json", "rejected.jsonl"]


def test_a_run_set_aside_by_a_kill_is_put_back(tmp_path):
    write_run(tmp_path / "out")
    for name in FILES:
        (tmp_path / "out" / name).touch()
    (tmp_path / "out").rename(tmp_path / ".out.old")
    with pytest.raises(RunDirectoryError, match="exists already"):
        write_run(tmp_path / "out")
    assert names(tmp_path) == ["out"]


def test_what_is_left_of_an_old_run_is_cleared(tmp_path):
    write_run(tmp_path / "out")
    (tmp_path / ".out.old").mkdir()
    (tmp_path / ".out.old" / "intents.jsonl").write_text('{"ha')
    write_run(tmp_path / "out", force=True)
    assert names(tmp_path) == ["out"]


@pytest.mark.parametrize("name", [".out.partial", ".out.old"])
@pytest.mark.parametrize("link", [False, True])
def test_what_is_not_ours_is_never_cleared(name, link, tmp_path):
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "thesis.txt").touch()
    (tmp_path / name).symlink_to(tmp_path / "mine") if link else (tmp_path / "mine").rename(tmp_path / name)
    with pytest.raises(RunDirectoryError, match="is in the way"):
        write_run(tmp_path / "out", force=True)
    assert (tmp_path / name / "thesis.txt").exists()


def test_a_run_that_fails_between_the_renames_leaves_the_old_one(tmp_path):
    write_run(tmp_path / "out")
    with pytest.raises(SynthconvError), run_directory(tmp_path / "out", force=True) as run:
        run.write("manifest.json", {"n": 2})
        shutil.rmtree(tmp_path / ".out.partial")
    assert '"n": 1' in (tmp_path / "out" / "manifest.json").read_text()


@pytest.mark.parametrize("path", ["/", "file/out", "x" * 300, "nope/.."])
def test_a_path_that_cannot_be_is_a_mistake_of_the_call(path, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "file").touch()
    with pytest.raises(RunDirectoryError):
        write_run(Path(path))
    assert names(tmp_path) == ["file"]


def test_a_disk_that_refuses_is_told(tmp_path):
    with pytest.raises(SynthconvError, match="cannot be written") as caught:
        write_run(Path("/proc/nowhere/out"))
    assert caught.value.exit_code == 1


def start(folder, rows=3000):
    (folder / "s.yaml").write_text(
        SMALL.replace("utterances_per_intent: 40", f"utterances_per_intent: {rows}").replace(
            "(set up|start|make) a transfer", "pay {payee} {amount}"
        )
    )
    return subprocess.Popen(
        [sys.executable, "-m", "synthconv", "generate", "s.yaml", "-o", "out", "-q"], cwd=folder, stderr=subprocess.PIPE
    )


@pytest.mark.parametrize("how", [signal.SIGKILL, signal.SIGTERM, signal.SIGINT])
@pytest.mark.parametrize("delay", [0.0, 0.3, 0.9])
def test_a_run_killed_at_any_moment_leaves_no_half_directory(how, delay, tmp_path):
    process = start(tmp_path)
    while delay and not (tmp_path / ".out.partial").exists() and process.poll() is None:
        time.sleep(0.02)
    time.sleep(delay)
    process.send_signal(how)
    _, said = process.communicate()
    assert not (tmp_path / "out").exists() or read_run(tmp_path / "out").manifest
    if delay and how == signal.SIGINT and not (tmp_path / "out").exists():
        assert process.returncode == 130
        assert b"interrupted" in said
        assert names(tmp_path) == ["s.yaml"]
    (tmp_path / "s.yaml").write_text(SMALL)
    again = subprocess.run(
        [sys.executable, "-m", "synthconv", "generate", "s.yaml", "-o", "out", "-q", "--force"],
        cwd=tmp_path,
        check=True,
    )
    assert again.returncode == 0
    assert names(tmp_path) == ["out", "s.yaml"]
    assert len(read_run(tmp_path / "out").rows) == 88


def test_a_full_disk_leaves_no_directory(tmp_path):
    limit = "import resource, signal, sys; signal.signal(signal.SIGXFSZ, signal.SIG_IGN); resource.setrlimit(resource.RLIMIT_FSIZE, (20000, 20000)); from synthconv.cli.main import main; main()"
    (tmp_path / "s.yaml").write_text(SMALL)
    env = {**os.environ, "PYTHONDONTWRITEBYTECODE": "1"}
    done = subprocess.run(
        [sys.executable, "-c", limit, "generate", "s.yaml", "-o", "out"],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        env=env,
    )
    assert done.returncode == 1
    assert "cannot be written (File too large)" in done.stderr
    assert "Traceback" not in done.stderr
    assert names(tmp_path) == ["s.yaml"]
