"""CIFAR, images of one's own, and what a user adds to the package, from first rule to last."""

import os
import re
import shutil
from pathlib import Path

import h5py
import numpy as np
import pandas as pd
import pytest
import yaml
from PIL import Image
from small_cifar import write_cifar10, write_cifar100

TESTS = Path(__file__).parents[1]
ROOT = TESTS.parent
# Snakemake's scripts are processes of their own: each is to expect the small files.
CLASSES = ["cat {1}", "dog, '{", 'new\nline"']
EXPECT_SMALL = "from small_cifar import *; expect_small({folder!r})"


def runs_of(study):
    return pd.read_csv(study.folder / "results/tables/runs.csv", dtype={"dataset": str})


def test_cifar(new_study, monkeypatch):
    raw, site = new_study.folder / "raw", new_study.folder / "site"
    write_cifar10(raw)
    write_cifar100(raw)
    site.mkdir()
    (site / "sitecustomize.py").write_text(EXPECT_SMALL.format(folder=str(raw)))
    monkeypatch.setenv("PYTHONPATH", f"{site}:{TESTS}")
    new_study.config["datasets"] = {
        name: {"source": name, "folder": "raw"} for name in ("cifar10", "cifar100")
    }
    new_study.config["pretext"] = ["scratch", "rotate"]
    new_study.config["tasks"] = {"classify": {"labels": [10, 36]}}
    del new_study.config["rendering"], new_study.config["frozen"]
    new_study.snakemake()
    assert len(runs_of(new_study)) == 2 * 2 * 2
    with h5py.File(new_study.folder / "data/prepared/cifar100/data_32_lab.h5") as file:
        assert file.attrs["splits"].tolist() == [36, 4, 40]
    config = new_study.folder / "results/finetune/cifar100/r9/rotate/classify/n10/config.gin"
    assert "session.dataset = 'CIFARDataset'" in config.read_text()
    assert new_study.planned() == {}


def test_samples_that_the_authors_renderer_left(new_study):
    """Packed and prepared; then the prepared file under another name, used where it is."""
    shutil.copytree(TESTS / "reference/rendered_sample", new_study.folder / "theirs")
    rendered = {"source": "rendered", "folder": "theirs", "resolution": 16}
    file = {"source": "prepared", "file": "mine/data_16_lab.h5", "resolution": 16}
    new_study.config["datasets"] = {"0110": rendered}
    new_study.config["pretext"] = ["scratch", "rotate"]
    new_study.config["tasks"] = {"classify": {"labels": [10, 20]}}
    del new_study.config["rendering"], new_study.config["frozen"]
    new_study.snakemake()
    assert len(list((new_study.folder / "data/packed/0110").iterdir())) == 12
    assert len(runs_of(new_study)) == 4
    assert (new_study.folder / "results/figures/fig2.png").is_file()
    (new_study.folder / "mine").mkdir()
    shutil.copy(new_study.folder / "data/prepared/0110/data_16_lab.h5", new_study.folder / "mine")
    new_study.config["datasets"]["theirs"] = file
    target = "results/finetune/theirs/r9/scratch/classify/n10/metrics.csv"
    assert new_study.planned(target) == {"finetune": 1}
    new_study.snakemake(target)
    with h5py.File(new_study.folder / "mine/data_16_lab.h5", "r+") as prepared:
        del prepared["targets"]
    output = new_study.snakemake(target, "--force", fails=True)
    assert "error: mine/data_16_lab.h5: not a prepared dataset: no 'targets' in it" in output


@pytest.fixture
def images(new_study):
    """Sixty files of three classes, which differ in colour."""
    rng = np.random.default_rng(0)
    for label, name in enumerate(CLASSES):
        for index in range(20):
            shape = (*rng.integers(16, 40, 2), 3)
            pixels = rng.integers(0, 120, shape, dtype=np.uint8)
            pixels[..., label] += 100
            path = (
                new_study.folder
                / f"images of {{1}}/{name}/{index:02d}.{'png' if index % 2 else 'jpg'}"
            )
            path.parent.mkdir(parents=True, exist_ok=True)
            Image.fromarray(pixels).save(path)
    return new_study.folder / "images of {1}"


def test_images_of_ones_own(new_study, images, tmp_path_factory):
    """With the example's configuration, except for its sizes."""
    tiny = new_study.config["gin"]
    config = yaml.safe_load((ROOT / "config/own_images.yaml").read_text())
    del config["resources"]
    new_study.config = config | {"gin": tiny, "seeds": [0]}
    config["datasets"]["own"] |= {"folder": images.name, "resolution": 16}
    config["tasks"]["classify"]["labels"] = [6, 48]
    new_study.config["results"] = "results"
    (images / CLASSES[1] / "broken.png").write_bytes(b"not an image")
    output = new_study.snakemake(fails=True)
    assert "error: " in output
    assert "dog, '{/broken.png" in output
    assert "Traceback" not in output
    config["datasets"]["own"]["unreadable"] = "skip"
    new_study.snakemake()
    runs = runs_of(new_study)
    assert len(runs) == 5 * 2
    with h5py.File(new_study.folder / "data/prepared/own/data_16_lab.h5") as file:
        assert list(file.attrs["classes"]) == [*CLASSES[:2], 'new\\nline"']
        assert file.attrs["splits"].tolist() == [48, 6, 6]
    assert new_study.planned() == {}

    # A copy's images have other times; then they are moved. The page that shows the path is new.
    study = new_study.copy(tmp_path_factory.mktemp("copies") / "copy")
    assert study.planned() == {}
    moved = (study.folder / images.name).rename(study.folder.with_name("moved"))
    study.config["datasets"]["own"]["folder"] = str(moved)
    assert study.planned() == {"about": 1}

    # As `rsync -a` gives them, files have old times.
    new = moved / CLASSES[0] / "new.jpg"
    shutil.copyfile(moved / CLASSES[0] / "00.jpg", new)
    for path in (new, new.parent):
        os.utime(path, (10**9, 10**9))
    planned = study.planned()
    assert planned["prepare_images"] == 1
    assert planned["finetune"] == 10
    assert "before: '61 files of" in study.snakemake("--dry-run")


TINY = {
    "selfstudy/backbones/tiny.py": '''"""A backbone of one's own."""

from torch import Tensor, nn

from selfstudy.backbones.base import Backbone, Features


class Tiny(Backbone, name="tiny"):
    out_feats = 12

    def __init__(self, in_channels: int = 3) -> None:
        super().__init__()
        self.convolution = nn.Conv2d(in_channels, self.out_feats, 3, 2)

    def extract(self, images: Tensor) -> Features:
        dense = self.convolution(images).relu()
        return Features(dense.mean((2, 3)), dense, [])
''',
    "config/gin/backbones/tiny.gin": "session.backbone = 'tiny'\n",
}


def read_section(title):
    """The blocks of Python and gin in a section of the documentation."""
    page = (ROOT / "docs/method.md").read_text()
    section = re.split(f"\n?##? {title}\n", page)[1].split("\n## ")[0]
    return re.findall(r"```(?:python|gin)\n(.*?)```", section, re.DOTALL)


def test_what_a_user_adds(rendered, tmp_path):
    """The method and the task of the documentation, word for word, beside a backbone."""
    root = tmp_path / "checkout"
    for name in ("config", "envs", "profiles", "rules", "selfstudy", "workflow"):
        ignored = shutil.ignore_patterns("__pycache__")
        shutil.copytree(ROOT / name, root / name, symlinks=True, ignore=ignored)
    shutil.copyfile(ROOT / "Snakefile", root / "Snakefile")
    method, method_gin = read_section("A method of your own")
    task, task_gin = read_section("A task of your own")
    added = TINY | {
        "selfstudy/methods/simsiam.py": method,
        "config/gin/pretext/simsiam.gin": method_gin,
        "selfstudy/tasks/light.py": task,
        "config/gin/syn/r9/light.gin": task_gin,
    }
    for name, text in added.items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(text)
    study = rendered
    study.root = root
    study.config["backbones"] = ["r9", "tiny"]
    study.config["pretext"] = ["scratch", "simsiam"]
    study.config["tasks"] = {"classify": {"labels": [40]}, "light": {"labels": [40]}}
    del study.config["frozen"]
    study.snakemake()
    runs = runs_of(study)
    assert len(runs) == 2 * 2 * 2
    few = runs[runs["backbone"] == "tiny"]["parameters"].max()
    assert few < runs[runs["backbone"] == "r9"]["parameters"].min()
    history = pd.read_csv(study.folder / "results/pretrain/0110/r9/simsiam/seed0/history.csv")
    assert history["train_loss"].notna().all()
    for script in (root / "workflow/scripts").iterdir():
        script.touch()  # as a new checkout does
    assert study.planned() == {}
    with (root / "selfstudy/backbones/tiny.py").open("a") as file:
        file.write("\n# changed\n")
    assert study.planned("results/tables/runs.csv") == {
        "pretrain": 1,
        "finetune": 4,
        "linear": 1,
        "tables": 1,
    }
