"""Weights from elsewhere in the workflow: which jobs there are, and what they start from."""

import pandas as pd
import pytest

from selfstudy.backbones.base import make_backbone
from selfstudy.cli import main


@pytest.fixture
def weighted(new_study):
    """A study of two backbones, one of which starts from ImageNet, the other from a file."""
    from safetensors.torch import save_file

    about = {"color_space": "lab", "mean": "38.44, 3.03, 4.77", "std": "17.42, 9.41, 11.37"}
    save_file(make_backbone("resnet9").state_dict(), new_study.folder / "mine.safetensors", about)
    new_study.config["gin"]["all"].remove("ResNet.width = 4")
    new_study.config |= {
        "backbones": ["r9", "r50"],
        "pretext": ["scratch", "rotate"],
        "weights": {
            "imagenet": {"torchvision": "resnet50", "backbones": ["r50"]},
            "mine": {"file": "mine.safetensors", "backbones": ["r9"]},
        },
    }
    return new_study


def test_weights_are_finetuned_and_evaluated_as_methods_are(weighted):
    planned = weighted.planned()
    assert planned["pretrain"] == 2
    assert planned["finetune"] == (3 + 3) * 2
    assert planned["linear"] == 2 + 2
    assert planned["finetune_frozen"] == 2
    target = "results/linear/0110/r9/mine/classify/metrics.csv"
    assert weighted.planned(target) == {"render": 12, "prepare": 1, "linear": 1}
    target = "results/finetune/0110/r50/imagenet/classify/n10/metrics.csv"
    assert weighted.planned(target) == {"render": 12, "prepare": 1, "finetune": 1}


def test_weights_pretrain_nothing(weighted):
    target = "results/pretrain/0110/r50/imagenet/seed0/snapshot.pt"
    assert "MissingRuleException" in weighted.snakemake("--dry-run", target, fails=True)


def test_weights_that_do_not_fit_end_in_one_line(weighted):
    """What else does not fit, test_public_weights.py and test_sweep.py show."""
    weighted.config["weights"] = {"mine": {"file": "mine.safetensors"}}  # for both backbones
    output = weighted.snakemake("--dry-run", fails=True)
    assert "weights: mine: mine.safetensors: its network is not the" in output
    assert "Traceback" not in output


def test_an_exported_backbone_starts_as_its_snapshot_does(rendered, monkeypatch):
    """Finetuning, linear evaluation and what follows, to the same digits."""
    rendered.config["pretext"] = ["scratch", "rotate"]
    pretrained = rendered.folder / "results/pretrain/0110/r9/rotate/seed0"
    rendered.snakemake("results/pretrain/0110/r9/rotate/seed0/snapshot.pt")
    monkeypatch.chdir(rendered.folder)
    words = ["export", "-e", str(pretrained), "--format", "safetensors", "-o", "mine.safetensors"]
    main(words)
    rendered.config["weights"] = {"mine": {"file": "mine.safetensors"}}
    rendered.snakemake()
    for table in ("accuracy", "utility", "linear", "frozen"):
        rows = pd.read_csv(rendered.folder / f"results/tables/{table}.csv")
        rows = rows.drop(
            columns=["folder", "snapshot", "start", "pretrain_seed", "pretrain_images"],
            errors="ignore",
        )
        of = {name: group.drop(columns="pretext") for name, group in rows.groupby("pretext")}
        assert {"mine", "rotate"} <= set(of)
        same = of["mine"].reset_index(drop=True), of["rotate"].reset_index(drop=True)
        columns = [name for name in same[0] if name not in ("low", "high")]  # drawn one by one
        pd.testing.assert_frame_equal(same[0][columns], same[1][columns])
