"""Rendered datasets, prepared by this project or by the study's authors."""

from pathlib import Path

import gin

from selfstudy.data.dataset import BaseDataset
from selfstudy.data.packed import BUCKETS, CLASSES
from selfstudy.data.prepared import name_prepared
from selfstudy.errors import DataError
from selfstudy.factors import MULTI, Factors


@gin.configurable(denylist=["path"])
class SynDataset(BaseDataset):
    """Rendered images, of which `num_valid` validate and as many test (study, "Datasets").

    Args:
        path: the prepared HDF5 file, or the folder of all data.
        dataset_choice: in that folder, the factors that vary, as letters (`TCVL`, `T-VL-multi`).
        use_lab: in that folder, the file in CIE Lab, not the one in RGB.
    """

    limited = ("valid", "test")

    def __init__(
        self, path: str | Path, dataset_choice: str = "TCVL", use_lab: bool = True
    ) -> None:
        self.dataset_choice = dataset_choice
        self.use_lab = use_lab
        super().__init__(path)

    def locate(self, folder: Path, input_res: int) -> Path:
        """The file in `prepared/{dataset_choice}` or, where that is not there, `prepared/{code}`.

        Raises DataError, saying how to get it, if it is missing.
        """
        place = folder / "prepared" / self.dataset_choice
        if not place.is_dir():
            multi = MULTI if self.dataset_choice.endswith(MULTI) else ""
            place = place.with_name(Factors.parse(self.dataset_choice).code + multi)
        path = place / name_prepared(input_res, "lab" if self.use_lab else "rgb")
        if not path.is_file():
            raise DataError(
                f"{path}: there is no such file: make it by `snakemake {path}`, or download it"
            )
        return path

    def assumed(self, images: int) -> dict[str, object]:
        """What the authors' files do not say: buckets are twelfths, the last two held out."""
        bucket = images // BUCKETS
        return {"splits": [(BUCKETS - 2) * bucket, bucket, bucket], "classes": CLASSES}
