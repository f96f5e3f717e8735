"""Rendered datasets, prepared by this project or by the study's authors."""

from pathlib import Path

from selfstudy.data.dataset import NUM_VALID, BaseDataset
from selfstudy.data.names import BUCKETS, name_prepared
from selfstudy.data.packed import CLASSES
from selfstudy.errors import DataError
from selfstudy.factors import MULTI, Factors

RESOLUTION = 64  # of the study's single objects


class SynDataset(BaseDataset):
    """Rendered images, of which `num_valid` validate and as many test (study, "Datasets").

    Args:
        path: the prepared HDF5 file, or the folder of all data.
        input_res: resolution that its images must have; in that folder, 64 unless given.
        num_valid: at most so many images validate, and as many test.
        dataset_choice: in that folder, the factors that vary, as letters (`TCVL`, `T-VL-multi`).
        use_lab: in that folder, the file in CIE Lab, not the one in RGB.
    """

    limited = ("valid", "test")

    def __init__(
        self,
        path: str | Path,
        input_res: int | None = None,
        num_valid: int = NUM_VALID,
        dataset_choice: str = "TCVL",
        use_lab: bool = True,
    ) -> None:
        self.dataset_choice = dataset_choice
        self.use_lab = use_lab
        super().__init__(path, input_res, num_valid)

    def locate(self, folder: Path, input_res: int | None) -> Path:
        """Locate the file in `prepared/{dataset_choice}` or else in `prepared/{code}`.

        Raises:
            DataError: it is missing; it says how to get it.
        """
        place = folder / "prepared" / self.dataset_choice
        if not place.is_dir():
            multi = MULTI if self.dataset_choice.endswith(MULTI) else ""
            place = place.with_name(Factors.parse(self.dataset_choice).code + multi)
        path = place / name_prepared(input_res or RESOLUTION, "lab" if self.use_lab else "rgb")
        if not path.is_file():
            raise DataError(
                f"{path}: there is no such file: make it by `snakemake {path}`, or download it"
            )
        return path

    def assume(self, images: int) -> dict[str, object]:
        """Assume what the authors' files do not say: twelfths, the last two of them held out."""
        bucket = images // BUCKETS
        return {"splits": [(BUCKETS - 2) * bucket, bucket, bucket], "classes": CLASSES}
