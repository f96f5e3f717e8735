"""The number of a network's parameters."""

from argparse import ArgumentParser, Namespace
from typing import TYPE_CHECKING

from selfstudy.commands.common import QUICK, add_gin
from selfstudy.factors import MULTI

if TYPE_CHECKING:  # commands load nothing heavy before they run
    import numpy as np

HELP = "count a network's parameters, part by part"


def add_arguments(parser: ArgumentParser) -> None:
    """Add the command's arguments."""
    add_gin(parser)


class StudyLabels:
    """Labels as the study has them: ten classes and poses, or a class and a depth per pixel."""

    path = "the study"
    classes = 10

    targets = None

    def __init__(self, dense: bool) -> None:
        """Make those of single objects, or of scenes."""
        self.dense = dense

    def has_field(self, name: str) -> bool:
        """Whether it is known of single objects."""
        return not self.dense

    def read_field(self, name: str) -> "np.ndarray":
        """Read the rotation of one object."""
        import numpy as np

        return np.eye(3)[None]


def run(arguments: Namespace) -> None:
    """Count, one line per part."""
    from selfstudy.configuration import load_configuration
    from selfstudy.tasks.base import find_task
    from selfstudy.training.learners import make_probes

    configuration = load_configuration(arguments.gin_config or QUICK, arguments.gin_param)
    backbone = configuration.make_backbone()
    parts = {"backbone": backbone}
    if configuration.task is None:
        method = configuration.make_method(backbone, images=2)  # the fewest
        parts |= {name: part for name, part in method.named_children() if name != "backbone"}
        scenes = configuration.describe().get("SynDataset.dataset_choice", "").endswith(MULTI)
        parts |= make_probes(StudyLabels(scenes), backbone.out_feats)
    else:
        task = find_task(configuration.task)
        outputs = task.read_labels(StudyLabels(task.dense)).outputs
        parts["head"] = task(backbone.out_feats, outputs)
    counts = {
        name: sum(parameter.numel() for parameter in part.parameters())
        for name, part in parts.items()
    }
    for name, count in {**counts, "total": sum(counts.values())}.items():
        print(f"{name:<20} {count:>14,}")
