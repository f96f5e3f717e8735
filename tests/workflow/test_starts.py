"""Weights from elsewhere in the workflow: which jobs there are, and what they start from."""

import os

import pytest

# What Snakemake asks whether weights fit; `r9` fits nothing from torchvision.
STAND_IN = """
import sys, types
from selfstudy.errors import ConfigurationError

def check_start(start, files, bindings):
    if "torchvision" in start and files == ["syn/r9/classify"]:
        raise ConfigurationError("resnet50 is not for resnet9")

module = types.ModuleType("selfstudy.starts")
module.check_start = check_start
sys.modules["selfstudy.starts"] = module
"""


@pytest.fixture
def weighted(new_study, monkeypatch):
    """A study of two backbones, one of which starts from ImageNet, too, and of a file."""
    site = new_study.folder / "site"
    site.mkdir()
    (site / "sitecustomize.py").write_text(STAND_IN)
    monkeypatch.setenv("PYTHONPATH", f"{site}:{os.getenv('PYTHONPATH', '')}")
    (new_study.folder / "mine.safetensors").touch()
    new_study.config |= {
        "backbones": ["r9", "r50"],
        "pretext": ["scratch", "rotate"],
        "weights": {
            "imagenet": {"torchvision": "resnet50", "backbones": ["r50"]},
            "mine": {"file": "mine.safetensors"},
        },
    }
    return new_study


def test_weights_are_finetuned_and_evaluated_as_methods_are(weighted):
    planned = weighted.planned()
    assert planned["pretrain"] == 2
    assert planned["finetune"] == (3 + 4) * 2
    assert planned["linear"] == 2 + 3
    assert planned["finetune_frozen"] == 2
    output = weighted.snakemake("--dry-run", "results/linear/0110/r50/mine/classify/metrics.csv")
    assert "input: data/prepared/0110/data_16_lab.h5, mine.safetensors" in output
    target = "results/finetune/0110/r50/imagenet/classify/n10/metrics.csv"
    assert weighted.planned(target) == {"render": 12, "prepare": 1, "finetune": 1}
    missing = weighted.snakemake(
        "--dry-run", "results/finetune/0110/r9/imagenet/classify/n10/metrics.csv"
    )
    assert "rule finetune:" in missing, "it is no part of the sweep, but may be asked for"


def test_weights_pretrain_nothing(weighted):
    target = "results/pretrain/0110/r50/imagenet/snapshot.pt"
    assert "MissingRuleException" in weighted.snakemake("--dry-run", target, fails=True)


@pytest.mark.parametrize(
    ("weights", "message"),
    [
        ({"imagenet": {"torchvision": "resnet50"}}, "imagenet: resnet50 is not for resnet9"),
        ({"mine": {"file": "other.pt"}}, "mine: file: other.pt: there is no such file"),
        ({"rotate": {"timm": "resnet50"}}, "rotate: is the name of a pretext method"),
    ],
)
def test_weights_that_do_not_fit_end_in_one_line(weighted, weights, message):
    weighted.config["weights"] = weights
    output = weighted.snakemake("--dry-run", fails=True)
    assert f"weights: {message}" in output
    assert "Traceback" not in output
