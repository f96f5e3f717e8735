"""Names of files and of label subsets, apart from what reads these, which takes long to import."""

BUCKETS = 12  # 0..9 training, 10 validation, 11 test: split by shape, never by image
BALANCED, RANDOM = SUBSETS = ("balanced", "random")  # over classes: how labelled images are chosen


def name_bucket(bucket: int) -> str:
    """Name the packed file of a bucket."""
    return f"imgs_{bucket:02d}.h5"


def name_prepared(resolution: int | str, space: str) -> str:
    """Name a prepared file."""
    return f"data_{resolution}_lab.h5" if space == "lab" else f"data_{resolution}.h5"
