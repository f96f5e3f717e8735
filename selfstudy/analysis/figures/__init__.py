"""The paper's figures, one file each, which is found by its name.

A file `fig{n}.py` defines

- `CAPTION`, for the report;
- `list_inputs(sweep)`: of a `selfstudy.sweep.runs.Sweep` the files that the figure shows, by what
  they are: `runs`, `frozen`, `linear`, `histories` or `packed`. Where the sweep has nothing for one
  of them, there is no such figure;
- `draw`, whose parameters are these, read (`workflow/scripts/figure.py`), and, if it asks for them,
  the `looks` of the starts.
"""

import __future__

import ast
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

from selfstudy.errors import ConfigurationError
from selfstudy.sweep.runs import Sweep

FOLDER = Path(__file__).parent
SAID = ("CAPTION", "list_inputs")  # what is read of a figure's file before it is drawn


class Shown(NamedTuple):
    """What a figure shows."""

    caption: str
    inputs: dict[str, list[str]]  # files, by what they are

    @property
    def files(self) -> int:
        """The number of its inputs."""
        return sum(map(len, self.inputs.values()))

    def keep_present(self, sweep: Sweep) -> dict[str, list[str]]:
        """Keep the inputs that are there, if the sweep is content with a part."""
        return {name: sweep.keep_present(paths) for name, paths in self.inputs.items()}


def list_figures(sweep: Sweep, folder: Path = FOLDER) -> dict[str, Shown]:
    """List the figures that a sweep has something for.

    Args:
        sweep: the runs there are.
        folder: of the figures' files.

    Returns:
        What each shows, by its name, such as `fig3`, in the order of their numbers.
    """
    figures = {}
    for path in sorted(folder.glob("fig[0-9]*.py"), key=lambda path: int(path.stem[3:])):
        caption, list_inputs = read_needs(path)
        inputs = list_inputs(sweep)
        if all(inputs.values()):
            figures[path.stem] = Shown(caption, inputs)
    return figures


def read_needs(path: Path) -> tuple[str, Callable[[Sweep], dict[str, list[str]]]]:
    """Read the caption of a figure's file, and the function that lists its inputs.

    Nothing else of the file is run: what it imports for drawing would take each of the workflow's
    thousands of jobs a second or two. So `list_inputs` may use its argument, and what it imports.

    Raises:
        ConfigurationError: the file does not define both.
    """
    tree = ast.parse(path.read_text(encoding="utf-8"), path)
    tree.body = [node for node in tree.body if defines(node) in SAID]
    said: dict[str, object] = {}
    annotations = __future__.annotations.compiler_flag  # are left alone
    exec(compile(tree, path, "exec", annotations), said)
    if missing := [name for name in SAID if name not in said]:
        raise ConfigurationError(f"{path}: expected {' and '.join(missing)} in a figure's file")
    return said["CAPTION"], said["list_inputs"]


def defines(node: ast.stmt) -> str | None:
    """Give the name that a statement defines, if it is a function's or one constant's."""
    if isinstance(node, ast.FunctionDef):
        return node.name
    if isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name):
        return node.targets[0].id
    return None
