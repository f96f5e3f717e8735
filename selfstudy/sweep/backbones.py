"""Whether timm's backbones can be made, and have what the sweep asks of them."""

from collections.abc import Iterator

from selfstudy.configuration import check_parts
from selfstudy.errors import ConfigurationError
from selfstudy.sweep.gin_files import Gin, configure_pretraining, configure_task
from selfstudy.sweep.paths import is_timms
from selfstudy.sweep.runs import Sweep


def check_backbones(sweep: Sweep) -> None:
    """Check timm's backbones: their names, the images' size, each method and each task.

    Raises:
        ConfigurationError: one cannot be made, or has not what is asked of it.
    """
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
    """List how runs of timm's backbones are configured, with their dataset and backbone."""
    for curve in sweep.list_curves():
        if is_timms(curve.backbone):
            place = curve._asdict()
            for method in sweep.methods:
                gin = configure_pretraining(sweep, pretext=method, **place)
                yield curve.dataset, curve.backbone, gin
            for start in sweep.list_starts(curve.backbone):
                yield curve.dataset, curve.backbone, configure_task(sweep, pretext=start, **place)
