"""CIFAR-10 and CIFAR-100, from torchvision's files to a prepared one."""

import logging
import tarfile
from collections.abc import Callable
from http.client import HTTPException
from pathlib import Path

import numpy as np

from selfstudy.data.dataset import NUM_VALID, BaseDataset
from selfstudy.data.names import name_prepared
from selfstudy.data.prepared import Description, write_prepared
from selfstudy.data.spaces import STATISTICS
from selfstudy.errors import DataError
from selfstudy.locks import Lock
from selfstudy.provenance import hash_files

RESOLUTION = 32
HELD_OUT = 10  # one in so many of the official training images validates: the last ones
log = logging.getLogger("selfstudy")


def prepare_cifar(
    folder: str | Path,
    output: str | Path,
    use_100: bool,
    space: str,
    progress: Callable[[int], object] = lambda images: None,
) -> None:
    """Write `output` from the official files of CIFAR-10 or CIFAR-100, in their order.

    Of the official training images 45,000 train and 5,000 validate; the 10,000 official test images
    test.

    Args:
        folder: where the folder lies that the official archive holds; that is downloaded if it is
            missing.
        output: the prepared file.
        use_100: CIFAR-100 rather than CIFAR-10.
        space: colour space that images are stored in, "lab" or "rgb".
        progress: is told how many images have finished since it was told last.

    Raises:
        DataError: the files are damaged, or missing and cannot be downloaded.
    """
    # Imported late: takes seconds.
    from torchvision.datasets import CIFAR10, CIFAR100
    from torchvision.datasets.utils import check_integrity

    official = CIFAR100 if use_100 else CIFAR10
    source = Path(folder, official.base_folder)
    if not source.is_dir():
        log.info("%s: there is no such folder: downloading %s", source, official.url)
        try:
            official(folder, download=True)
        except (OSError, HTTPException, RuntimeError, tarfile.TarError) as error:
            raise DataError(
                f"{source}: there is no such folder, and {official.url} cannot be downloaded "
                f"({error}): get that file elsewhere and unpack it in {folder}"
            ) from error
    meta = official.meta["filename"], official.meta["md5"]
    files = {source / name: md5 for name, md5 in [*official.train_list, *official.test_list, meta]}
    for path, md5 in files.items():
        if not check_integrity(path, md5):
            raise DataError(
                f"{path}: missing or damaged: expected the official file of MD5 {md5}: remove "
                f"{source}, and it is downloaded again"
            )
    training, test = (official(folder, train=train) for train in (True, False))
    images = np.concatenate([training.data, test.data])
    held_out = len(training) // HELD_OUT
    write_prepared(
        output,
        Description(
            dataset="cifar100" if use_100 else "cifar10",
            resolution=RESOLUTION,
            color_space=space,
            statistics=STATISTICS["cifar"][space],
            classes=training.classes,
            splits=(len(training) - held_out, held_out, len(test)),
            source=source.name,
            inputs_sha256=hash_files(files),
        ),
        [("targets", np.array(training.targets + test.targets, np.int64))],
        images.__getitem__,
        progress=progress,
    )


class CIFARDataset(BaseDataset):
    """CIFAR-10, or CIFAR-100.

    Args:
        path: the prepared HDF5 file, or the folder of all data, where it is prepared on first use.
        input_res: resolution that its images must have.
        num_valid: at most so many images validate.
        to_lab: in that folder, the file in CIE Lab, not the one in RGB.
        use_100: in that folder, CIFAR-100.
    """

    def __init__(
        self,
        path: str | Path,
        input_res: int | None = None,
        num_valid: int = NUM_VALID,
        to_lab: bool = True,
        use_100: bool = False,
    ) -> None:
        self.space = "lab" if to_lab else "rgb"
        self.use_100 = use_100
        super().__init__(path, input_res, num_valid)

    def locate(self, folder: Path, input_res: int | None) -> Path:
        """Locate the file in `prepared/cifar10` or `cifar100`, made from `cifar` if missing."""
        name = "cifar100" if self.use_100 else "cifar10"
        path = folder / "prepared" / name / name_prepared(RESOLUTION, self.space)
        if path.is_file():
            return path
        try:
            folder.mkdir(parents=True, exist_ok=True)
            with Lock(folder / ".cifar.lock"):  # of several runs that start together one works
                if not path.is_file():
                    log.info("%s: there is no such file: preparing it", path)
                    prepare_cifar(folder / "cifar", path, self.use_100, self.space)
        except OSError as error:
            raise DataError(f"{path}: cannot be prepared: {error}") from error
        return path
