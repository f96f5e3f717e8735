"""The kinds of datasets, by name, and which kind a prepared file is."""

from pathlib import Path

from selfstudy.data.cifar import CIFARDataset
from selfstudy.data.dataset import BaseDataset
from selfstudy.data.hdf5 import open_hdf5
from selfstudy.data.rendered import SynDataset


class ImageDataset(BaseDataset):
    """Own images, as `prepare_images` writes them."""


DATASETS: dict[str, type[BaseDataset]] = {
    cls.__name__: cls for cls in (SynDataset, CIFARDataset, ImageDataset)
}


def open_dataset(path: str | Path) -> BaseDataset:
    """Open a prepared file, whatever it was prepared from.

    Raises:
        DataError: it is missing or damaged.
    """
    with open_hdf5(path) as file:
        # A renderer knows where the light was. The authors' files do not say their splits.
        rendered = "light" in file or "splits" not in file.attrs
    return (SynDataset if rendered else ImageDataset)(path)
