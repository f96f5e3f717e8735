"""One's own images without labels, fewer of them, other datasets and weights, in the workflow."""

import sys
from pathlib import Path

import pandas as pd
import pytest

sys.path.append(str(Path(__file__).parents[1]))
from own_images import write_images

from selfstudy.backbones.base import make_backbone

FINETUNED = "results/finetune/own/r9/{}/classify/n10/metrics.csv"
FIGURE = "results/figures/fig11.pdf"
LABELLED, UNLABELLED = 24, 10  # images that pretrain


@pytest.fixture
def unlabelled(new_study):
    """A study of own images, some without labels, and starts of all kinds."""
    from safetensors.torch import save_file

    folder = new_study.folder
    write_images(folder / "labelled", ["cat", "dog", "cow"])
    others = write_images(folder / "others", ["all"], UNLABELLED)
    (others / "copy.png").write_bytes((folder / "labelled/cat/0.png").read_bytes())
    write_images(folder / "elsewhere", ["tree", "car"])
    about = {"color_space": "rgb", "mean": "123, 116, 103", "std": "58, 57, 57"}
    weights = make_backbone("resnet9", width=4).state_dict()
    save_file(weights, folder / "mine.safetensors", about)
    own = {"source": "images", "folder": "labelled", "unlabelled": "others", "resolution": 16}
    new_study.config |= {
        "datasets": {"own": own, "theirs": own | {"folder": "elsewhere"}},
        "weights": {"mine": {"file": "mine.safetensors"}},
        "pretrain_images": [12, "all"],
        "pretext": [
            "scratch",
            "rotate",
            {"rotate-elsewhere": {"pretext": "rotate", "images": "theirs"}},
            {"rotate-on": {"pretext": "rotate", "from": "mine"}},
        ],
    }
    new_study.config["tasks"]["classify"]["labels"] = [10, 20]
    del new_study.config["datasets"]["theirs"]["unlabelled"], new_study.config["frozen"]
    return new_study


def test_what_pretrains_is_what_the_configuration_says(unlabelled):
    starts = ["rotate-12", "rotate-elsewhere", "rotate-on"]
    targets = [FINETUNED.format(start) for start in starts]
    unlabelled.snakemake(*targets)
    log = next((unlabelled.folder / "logs/data/prepared/own").glob("*.log")).read_text()
    assert f"others: {UNLABELLED} images without labels pretrain, too; left out: " in log
    pretrained = {
        path.parts[-5:-2]: pd.read_csv(path)["pretrain_images"].item()
        for path in unlabelled.folder.glob("results/pretrain/*/r9/*/seed0/metrics.csv")
    }
    assert pretrained == {
        ("own", "r9", "rotate-12"): 12,
        ("own", "r9", "rotate-on"): LABELLED + UNLABELLED,
        ("theirs", "r9", "rotate"): 16,
    }
    found = [pd.read_csv(unlabelled.folder / target) for target in targets]
    images = [table["pretrain_images"].item() for table in found]
    assert images == [12, 16, LABELLED + UNLABELLED]
    begun = "results/pretrain/own/r9/rotate-on/seed0/config.gin"
    assert "mine.safetensors" in (unlabelled.folder / begun).read_text()
    draw_figure(unlabelled)
    write_images(unlabelled.folder / "others", ["more"], 2)
    again = unlabelled.planned(targets[0])
    assert again == {"prepare_images": 1, "pretrain": 1, "finetune": 1}


def draw_figure(study):
    """Draw utility against the number of images, of the few runs that are done."""
    more = FINETUNED.replace("n10", "n20").format("scratch")
    study.snakemake(more, *map(FINETUNED.format, ["scratch", "rotate"]))
    study.config["partial"] = True
    assert study.planned(FIGURE) == {"figure": 1}
    study.snakemake(FIGURE)
    assert (study.folder / FIGURE).read_bytes().startswith(b"%PDF")
    study.config["partial"] = False


def test_what_makes_no_sense_ends_in_one_line(unlabelled):
    unlabelled.config["datasets"]["own"]["unlabelled"] = "labelled"
    output = unlabelled.snakemake("data/prepared/own/data_16_lab.h5", fails=True)
    assert "unlabelled: labelled: is the labelled one, where folders are classes" in output
    assert "Traceback" not in output
