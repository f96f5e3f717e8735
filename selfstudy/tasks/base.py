"""What a training step asks of a task."""

from torch import Tensor

from selfstudy.batch import Batch, Output

TASKS: dict[str, type["Task"]] = {}


class Task:
    """A loss and its metrics. Subclasses are found by their name (`session.task`).

    `target` is the column of a single-object dataset's targets that it learns: 0 the class, 1 the
    pose. `needs_pixels` says that it can only learn from targets for every pixel.
    """

    target = 0
    needs_pixels = False

    def __init_subclass__(cls) -> None:
        super().__init_subclass__()
        TASKS[cls.__name__] = cls

    def prepare(self, batch: Batch) -> Batch:
        """Change a batch before the network sees it."""
        return batch

    def evaluate(self, output: Output, batch: Batch) -> tuple[Tensor, dict[str, Tensor]]:
        """The loss to minimise and the metrics to report, all scalars, `accuracy` among them."""
        raise NotImplementedError

    def summary(self, means: dict[str, Tensor]) -> dict[str, float]:
        """What to report of the metrics' means over a pass."""
        return {name: mean.item() for name, mean in means.items()}


def share_correct(logits: Tensor, labels: Tensor) -> Tensor:
    """Share of (b, classes, ...) whose largest entry is at the label (b, ...)."""
    return (logits.argmax(1) == labels).double().mean()
