"""The paper's figures, one file each, which is found by its name.

A file `fig{n}.py` defines

- `CAPTION`, for the report, with `ONE_NETWORK` where there are intervals of runs, which becomes
  what `describe_networks` says of the sweep;
- `list_inputs(sweep)`: of a `selfstudy.sweep.runs.Sweep` the files that the figure shows, by what
  they are: `runs`, `frozen`, `linear`, `histories` or `packed`. Where the sweep has nothing for one
  of them, there is no such figure;
- `draw`, whose parameters are these, read (`workflow/scripts/figure.py`), and, if it asks for them,
  the `looks` of the starts, and the `interpolation` by which utility is measured, which the caption
  then says. What stands in `accuracy`, `selfstudy.analysis.measures.title_measure` tells. Where
  `runs` are shown, those of `longer` that tell whether they have converged are inputs, too.
"""

import pkgutil
from importlib import import_module
from inspect import signature
from typing import NamedTuple

from selfstudy.analysis import ONE_NETWORK, READINGS, describe_networks
from selfstudy.errors import ConfigurationError
from selfstudy.measures import ACCURACY, explain_measure, spell_measure
from selfstudy.sweep.runs import Sweep

MEASURED = {"runs", "frozen", "linear"}  # inputs that a measure stands in for the accuracy of


class Shown(NamedTuple):
    """What a figure shows.

    Attributes:
        caption: for the report.
        inputs: files, by what they are.
    """

    caption: str
    inputs: dict[str, list[str]]

    @property
    def files(self) -> int:
        """The number of its inputs."""
        return sum(map(len, self.inputs.values()))

    def keep_present(self, sweep: Sweep) -> dict[str, list[str]]:
        """Keep the inputs that are there, if the sweep is content with a part."""
        return {name: sweep.keep_present(paths) for name, paths in self.inputs.items()}


def list_names() -> list[str]:
    """List the names of all figures there are, such as `fig3`, in the order of their numbers."""
    names = (module.name for module in pkgutil.iter_modules(__path__))
    return sorted((name for name in names if name[3:].isdigit()), key=lambda name: int(name[3:]))


def read_figure(name: str, sweep: Sweep) -> Shown:
    """Read what a figure shows of a sweep.

    Raises:
        ConfigurationError: its file does not say that.
    """
    module = import_module(f"{__name__}.{name}")
    missing = [said for said in ("CAPTION", "list_inputs", "draw") if not hasattr(module, said)]
    if missing:
        raise ConfigurationError(
            f"{module.__file__}: expected {' and '.join(missing)} in a figure's file"
        )
    inputs = module.list_inputs(sweep)
    if longer := sweep.list_longer(inputs.get("runs", [])):
        inputs["longer"] = longer
    known = describe_networks(sweep.count_networks(), sweep.weights)
    caption = module.CAPTION.replace(ONE_NETWORK, known)
    if "interpolation" in signature(module.draw).parameters:
        caption += " " + READINGS[sweep.config["interpolation"]]
    if MEASURED & set(inputs):
        measure = sweep.config["measure"]
        caption = caption.replace(ACCURACY, spell_measure(measure)) + explain_measure(measure)
    return Shown(caption, inputs)


def list_figures(sweep: Sweep) -> dict[str, Shown]:
    """List the figures that a sweep has something for, by name.

    This imports all of them, and what they draw with: a job reads its own alone.
    """
    shown = {name: read_figure(name, sweep) for name in list_names()}
    return {name: figure for name, figure in shown.items() if all(figure.inputs.values())}
