"""Pose: which side of the object the camera sees, in five bins (study, "Downstream tasks")."""

import numpy as np

from selfstudy.errors import DataError, UnlabelledError, list_rows
from selfstudy.tasks.base import Labels, LabelSource, require_dense
from selfstudy.tasks.classify import Classify

BINS = 5
FIELD = "rot_mat"


class Pose(Classify):
    """The bin of the object's pose, by cross-entropy."""

    @classmethod
    def read_labels(cls, source: LabelSource) -> Labels:
        """Read the rotation matrices, and give their bins, int64 (n,)."""
        require_dense(source, cls, wanted=False)
        if not source.has_field(FIELD):
            raise UnlabelledError(f"{source.path}: no pose to learn: expected {FIELD!r} in it")
        rotations = source.read_field(FIELD)
        if rotations.shape[1:] != (3, 3) or rotations.dtype.kind != "f":
            raise DataError(
                f"{source.path}: {FIELD!r}: expected a matrix (3, 3) of floats for each image, "
                f"found {rotations.dtype} of shape {rotations.shape[1:]}"
            )
        sound = np.isfinite(rotations).all(axis=(1, 2))
        if not sound.all():
            raise DataError(
                f"{source.path}: {FIELD!r} is not finite in {list_rows(np.flatnonzero(~sound))}"
            )
        return Labels(bin_poses(rotations), BINS)


def bin_poses(rotations: np.ndarray) -> np.ndarray:
    """Give the bins (n,) int64 of rotation matrices (n, 3, 3): 0 from the top, 1 to 4 around."""
    right, front, up = np.moveaxis(rotations[:, :, 1], 1, 0)
    tilt = np.arctan2(np.hypot(right, front), up)
    turn = np.arctan2(right, front)
    quarter = np.digitize(turn, np.pi * np.array([-3, -1, 1, 3]) / 4)
    around = 1 + quarter % 4
    return np.where(tilt < np.pi / 8, 0, around).astype(np.int64)
