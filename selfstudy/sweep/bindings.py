"""Whether what `gin:` binds is known and sound: a slip in finetuning's shows before pretraining."""

from collections.abc import Iterator

from selfstudy.configuration import load_configuration
from selfstudy.errors import ConfigurationError
from selfstudy.sweep.gin_files import Gin, configure_finetuning, configure_recipe
from selfstudy.sweep.runs import Sweep


def check_bindings(sweep: Sweep) -> None:
    """Check the bindings of a sweep's runs, where it has some; our own gin files are sound.

    Raises:
        ConfigurationError: one is of a name that nothing knows, or of a value that cannot be.
    """
    gin = sweep.config["gin"]
    named = [gin["all"], gin["pretrain"], gin["finetune"], gin["few_labels"]["bindings"]]
    if not any([*named, *gin["pretext"].values()]):
        return  # which spares loading the networks
    checked: list[Gin] = []
    for configured in list_configured(sweep):
        if configured not in checked:
            checked.append(configured)
            try:
                load_configuration(*configured)
            except ConfigurationError as error:
                raise ConfigurationError(f"gin: {error}") from None


def list_configured(sweep: Sweep) -> Iterator[Gin]:
    """List how runs are configured, finetuning on the fewest and on the most labels."""
    for curve in sweep.list_curves():
        place = curve._asdict()
        for pretext in sweep.pretraining:
            yield configure_recipe(sweep, curve.dataset, curve.backbone, pretext)
        labels = sweep.tasks[curve.task]["labels"]
        for start in sweep.list_starts(curve.backbone, curve.dataset):
            for number in (min(labels), max(labels)):
                yield configure_finetuning(sweep, number, pretext=start, **place)
