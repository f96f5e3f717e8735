"""Whether backbones can be made, and have what the sweep asks of them."""

from collections.abc import Iterator

from selfstudy.configuration import check_parts
from selfstudy.errors import ConfigurationError
from selfstudy.sweep.gin_files import Gin, configure_recipe, configure_task
from selfstudy.sweep.paths import is_timms
from selfstudy.sweep.runs import Sweep

PICKY = ("mae",)  # methods that not all of our own backbones can be pretrained by


def check_backbones(sweep: Sweep) -> None:
    """Check backbones: names of timm's, the images' size, each method and each task.

    Where none is timm's, and no method asks for such, there is nothing that takes a look.

    Raises:
        ConfigurationError: one cannot be made, or has not what is asked of it.
    """
    if not any(map(is_timms, sweep.backbones)) and not set(PICKY) & set(sweep.methods):
        return
    checked = []
    for dataset, backbone, gin in list_parts(sweep):
        if gin in checked:
            continue
        checked.append(gin)
        try:
            check_parts(*gin)
        except ConfigurationError as error:
            name = sweep.backbone_names[backbone]
            raise ConfigurationError(
                f"backbones: {name}: on dataset {dataset!r}: {error}"
            ) from None


def list_parts(sweep: Sweep) -> Iterator[tuple[str, str, Gin]]:
    """List how runs are configured, with their dataset and backbone."""
    for curve in sweep.list_curves():
        for pretext in sweep.pretraining:
            gin = configure_recipe(sweep, curve.dataset, curve.backbone, pretext)
            yield curve.dataset, curve.backbone, gin
        for start in sweep.list_starts(curve.backbone, curve.dataset):
            place = curve._asdict()
            yield curve.dataset, curve.backbone, configure_task(sweep, pretext=start, **place)
