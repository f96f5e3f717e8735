"""Names of packed and prepared files, apart from what reads them, which takes long to import."""

BUCKETS = 12  # 0..9 training, 10 validation, 11 test: split by shape, never by image


def name_bucket(bucket: int) -> str:
    """Name the packed file of a bucket."""
    return f"imgs_{bucket:02d}.h5"


def name_prepared(resolution: int | str, space: str) -> str:
    """Name a prepared file."""
    return f"data_{resolution}_lab.h5" if space == "lab" else f"data_{resolution}.h5"
