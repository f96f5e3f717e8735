"""Pose: which side of the object the camera sees, in five bins (study, "Downstream tasks")."""

import numpy as np

BINS = 5


def pose_bins(rotations: np.ndarray) -> np.ndarray:
    """Pose bins (n,) int64 of rotation matrices (n, 3, 3): 0 from the top, 1 to 4 around."""
    right, front, up = np.moveaxis(rotations[:, :, 1], 1, 0)
    tilt = np.arctan2(np.hypot(right, front), up)
    turn = np.arctan2(right, front)
    quarter = np.digitize(turn, np.pi * np.array([-3, -1, 1, 3]) / 4)
    around = 1 + quarter % 4
    return np.where(tilt < np.pi / 8, 0, around).astype(np.int64)
