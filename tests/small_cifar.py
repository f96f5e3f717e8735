"""CIFAR in its real format, but of a few random images."""

import hashlib
import pickle
from pathlib import Path

import numpy as np
from torchvision.datasets import CIFAR10, CIFAR100

NAMES_10 = [
    "airplane",
    "automobile",
    "bird",
    "cat",
    "deer",
    "dog",
    "frog",
    "horse",
    "ship",
    "truck",
]
NAMES_100 = [f"fine {i:02d}" for i in range(100)]


def write_cifar10(folder, images_per_batch=10, seed=0):
    """Write five training batches and a test batch into `folder`; returns their MD5s by name."""
    rng = np.random.default_rng(seed)
    place = Path(folder, CIFAR10.base_folder)
    for name, _ in [*CIFAR10.train_list, *CIFAR10.test_list]:
        labels = {"labels": rng.integers(0, 10, images_per_batch).tolist()}
        dump(place / name, batch(name, labels, images_per_batch, rng))
    dump(place / CIFAR10.meta["filename"], {"label_names": NAMES_10, "num_vis": 3072})
    return md5s(place)


def write_cifar100(folder, images=40, seed=0):
    """Write as many training and as many test images into `folder`; returns MD5s by name."""
    rng = np.random.default_rng(seed)
    place = Path(folder, CIFAR100.base_folder)
    for name, _ in [*CIFAR100.train_list, *CIFAR100.test_list]:
        fine = rng.integers(0, 100, images)
        labels = {"fine_labels": fine.tolist(), "coarse_labels": (fine // 5).tolist()}
        dump(place / name, batch(name, labels, images, rng))
    coarse = [f"coarse {i:02d}" for i in range(20)]
    meta = {"fine_label_names": NAMES_100, "coarse_label_names": coarse}
    dump(place / CIFAR100.meta["filename"], meta)
    return md5s(place)


def expect_small(folder, set_attribute=setattr):
    """Have torchvision expect the small files that lie in `folder`.

    `set_attribute` is pytest's `monkeypatch.setattr`, or `setattr` in a process of its own.
    """
    for dataset in (CIFAR10, CIFAR100):
        place = Path(folder, dataset.base_folder)
        if place.is_dir():
            found = md5s(place)
            for key in ("train_list", "test_list"):
                files = [[name, found[name]] for name, _ in vars(dataset)[key]]
                set_attribute(dataset, key, files)
            md5 = found[dataset.meta["filename"]]
            set_attribute(dataset, "meta", {**dataset.meta, "md5": md5})


def batch(name, labels, images, rng):
    return {
        "batch_label": name,
        **labels,
        # An image is a row: its red, green and blue planes, each row by row.
        "data": rng.integers(0, 256, (images, 3072), dtype=np.uint8),
        "filenames": [f"{name}_{i}.png" for i in range(images)],
    }


def dump(path, content):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(pickle.dumps(content, protocol=2))


def md5s(place):
    return {path.name: hashlib.md5(path.read_bytes()).hexdigest() for path in place.iterdir()}
