"""Nothing that is read can run: the source calls none of what would let it."""

import ast
import sys
from pathlib import Path

import pytest

from selfstudy.commands.common import new_folder
from selfstudy.configuration import load_configuration
from selfstudy.errors import ConfigurationError

ROOT = Path(__file__).parents[2]
SOURCES = [
    *ROOT.glob("selfstudy/**/*.py"),
    *ROOT.glob("workflow/**/*.py"),
    *ROOT.glob("benchmarks/*.py"),
]
MODULES = {"pickle", "cPickle", "dill", "marshal", "shelve", "joblib", "cloudpickle"}
HIDDEN = "include 'other.gin'"
CALLS = {"eval", "exec", "compile", "__import__", "read_pickle", "system", "popen", "unsafe_load"}


def dangers(source: str) -> list[str]:
    """What a source does that could run what it reads."""
    found = []
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            found += [alias.name for alias in node.names if alias.name.split(".")[0] in MODULES]
        elif isinstance(node, ast.ImportFrom) and (node.module or "").split(".")[0] in MODULES:
            found.append(node.module)
        elif isinstance(node, ast.Call):
            name = ast.unparse(node.func)
            options = {option.arg: option.value for option in node.keywords}
            if name in CALLS or name.rpartition(".")[2] in CALLS - {"eval", "exec", "compile"}:
                found.append(name)
            if name == "torch.load" and not is_true(options.get("weights_only")):
                found.append("torch.load without weights_only=True")
            if name == "yaml.load":
                found.append(name)
            if "allow_pickle" in options and not is_false(options["allow_pickle"]):
                found.append("allow_pickle")
            if "shell" in options and not is_false(options["shell"]):
                found.append("shell")
    return found


def is_true(node) -> bool:
    return isinstance(node, ast.Constant) and node.value is True


def is_false(node) -> bool:
    return isinstance(node, ast.Constant) and node.value is False


@pytest.mark.parametrize("path", SOURCES, ids=lambda path: path.relative_to(ROOT).as_posix())
def test_no_source_runs_what_it_reads(path):
    assert dangers(path.read_text()) == []


@pytest.mark.parametrize(
    "source",
    [
        "torch.load(path)",
        "torch.load(path, weights_only=False)",
        "torch.load(path, weights_only=flag)",
        "import pickle",
        "from pickle import load",
        "eval(text)",
        "np.load(path, allow_pickle=True)",
        "yaml.load(text)",
        "subprocess.run(text, shell=True)",
        "pd.read_pickle(path)",
        "os.system(text)",
    ],
)
def test_what_could_run_is_noticed(source):
    assert dangers(source)


@pytest.mark.parametrize(
    "source",
    [
        "torch.load(path, weights_only=True)",
        "network.eval()",
        "re.compile(text)",
        "yaml.safe_load(a)",
    ],
)
def test_what_cannot_run_is_not(source):
    assert not dangers(source)


@pytest.mark.parametrize("before", ["", " ", "ResNet.width = 4", "ResNet.width = 4 \\", "x = [1,"])
@pytest.mark.parametrize("separator", ["\n", "\r", "\f", "\v", "\x1c", "\x85", "\u2028", ";"])
@pytest.mark.parametrize(
    "statement", ["import intruder", "from intruder import a", "import\tintruder"]
)
def test_gin_imports_nothing(tmp_path, monkeypatch, before, separator, statement):
    (tmp_path / "intruder.py").write_text("a = 1")
    (tmp_path / "other.gin").write_text("import intruder\n")
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.chdir(tmp_path)
    path = tmp_path / "mine.gin"
    path.write_text(f"{before}{separator}{statement}\n", newline="", encoding="utf-8")
    for files, bindings in (([str(path)], []), ([], [f"{before}{separator}{statement}"])):
        with pytest.raises(ConfigurationError):
            load_configuration(files, bindings)
    assert not sys.modules.pop("intruder", None)


@pytest.mark.parametrize(
    "name", ["../a", "/a", "a/../../b", "a\n", "~", "", ".", "a//b", "$HOME", ".."]
)
def test_no_name_of_a_run_leads_elsewhere(tmp_path, name):
    with pytest.raises(ConfigurationError, match="-e"):
        new_folder(tmp_path, name)
