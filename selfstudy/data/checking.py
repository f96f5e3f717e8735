"""Whether a prepared file holds what it should, and what it says of its images."""

from collections.abc import Callable, Mapping

import h5py
import numpy as np

from selfstudy.data.checksums import read_whole
from selfstudy.data.inputs import SPACES, Input
from selfstudy.data.prepared import read_color_space
from selfstudy.data.splits import SPLITS
from selfstudy.errors import DataError
from selfstudy.measures import UNKNOWN


def read_input(file: h5py.File) -> Input | None:
    """Read how the images of a prepared file are prepared; None where it does not say it."""
    space = read_color_space(file)
    if space is None or not {"mean", "std"} <= set(file.attrs):
        return None
    if space not in SPACES:
        raise DataError(
            f"{file.filename}: 'color_space': expected {' or '.join(SPACES)}, found {space!r}"
        )
    mean, std = (tuple(float(x) for x in file.attrs[key]) for key in ("mean", "std"))
    return Input(space, mean, std)


def check_prepared(
    file: h5py.File, resolution: int | None, assume: Callable[[int], Mapping[str, object]]
) -> tuple[list[int], list[str]]:
    """Check that a prepared file's parts agree.

    Args:
        file: the open file.
        resolution: that its images must have; None: any.
        assume: gives the attributes of a file of so many images that does not say them.

    Returns:
        How many images train, validate and test, and the names of the classes.

    Raises:
        DataError: something is wrong; it names the file.
    """
    name = file.filename
    for key in ("data", "targets"):
        if key not in file:
            raise DataError(f"{name}: not a prepared dataset: no {key!r} in it")
    data, targets = file["data"], file["targets"]
    size = resolution or (data.shape[-1] if data.ndim else 0)
    if data.ndim != 4 or data.shape[1:] != (3, size, size):
        said = ", as BaseDataset.input_res says" if resolution else ""
        raise DataError(
            f"{name}: 'data': expected images of shape (3, {size}, {size}){said}, found "
            f"{data.shape[1:]}"
        )
    if data.dtype.kind != "f" or targets.dtype.kind not in "iu":
        raise DataError(
            f"{name}: expected 'data' of floats and 'targets' of integers, found {data.dtype} and "
            f"{targets.dtype}"
        )
    if len(targets) != len(data):
        raise DataError(f"{name}: {len(targets)} rows in 'targets' for {len(data)} images")
    if targets.ndim != 1 and targets.shape != data.shape:
        raise DataError(f"{name}: 'targets' of shape {targets.shape} for images {data.shape}")
    attributes = {**assume(len(data)), **file.attrs}
    for key in ("splits", "classes"):
        if key not in attributes:
            raise DataError(f"{name}: not a prepared dataset: it does not say its {key!r}")
    splits = [int(n) for n in attributes["splits"]]
    classes = [str(each) for each in attributes["classes"]]
    labelled = len(data) - int(attributes.get("unlabelled", 0))
    if len(splits) != len(SPLITS) or min(splits) < 1 or sum(splits) != labelled:
        raise DataError(
            f"{name}: 'splits': expected some images each to train, validate and test, "
            f"{labelled} in all, found {splits}"
        )
    if targets.ndim == 1:
        found, behind = np.split(read_whole(file, "targets"), [labelled])
        if not 0 <= found.min() <= found.max() < len(classes):
            raise DataError(
                f"{name}: 'targets': expected classes from 0 to {len(classes) - 1}, found "
                f"{found.min()} to {found.max()}"
            )
        if (behind != UNKNOWN).any():
            raise DataError(
                f"{name}: 'targets': expected {UNKNOWN} for the {len(behind)} images without labels"
            )
    return splits, classes
