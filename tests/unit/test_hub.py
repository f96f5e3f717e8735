"""The folder that timm makes networks from, and that the Hugging Face hub shows."""

import json
import subprocess
import sys
from pathlib import Path

import h5py
import huggingface_hub
import pytest
import timm
import torch
from made_runs import DILATED, NARROW, R18, R50, close, make_folder
from timm.data import resolve_model_data_config

import selfstudy
from selfstudy import cli
from selfstudy.export import hub

POOL = "ResNet.skip_init_pool = False"
RGB = ["rgb", [120.0, 110.0, 100.0], [60.0, 60.0, 50.0]]
ALONE = """
import sys, timm
timm.create_model("local-dir:" + sys.argv[1], pretrained=True)
assert not any(name.startswith("selfstudy") for name in sys.modules)
"""


def export(name, folder="folder"):
    """Export to a folder; give its configuration."""
    cli.main(["export", "-e", name, "--format", "timm", "-o", folder])
    assert sorted(path.name for path in Path(folder).iterdir()) == [
        "README.md",
        "config.json",
        "model.safetensors",
    ]
    return json.loads(Path(folder, "config.json").read_text())


def load(**arguments):
    return timm.create_model("local-dir:folder", pretrained=True, **arguments).eval()


def expect_rgb(name):
    """Make a run's weights expect images in RGB."""
    path = Path("results/runs", name, "snapshot.pt")
    torch.save(torch.load(path, weights_only=True) | {"input": RGB}, path)


@pytest.mark.parametrize(
    ("method", "bindings"),
    [
        ("vae", NARROW),
        ("cmc", NARROW),
        ("rotate", [*NARROW, "ResNet.feat_layer = 2"]),
        ("rotate", ["session.backbone = 'timm/test_resnet'"]),
    ],
)
@torch.no_grad()
def test_a_backbone_of_ours(method, bindings, make_run):
    """It takes RGB from 0 to 1, whatever it was trained on."""
    make_run(method, *bindings)
    configuration = export(method)
    images = torch.rand(3, 3, 16, 16)
    expected = selfstudy.load(method)(images)
    model = load()
    assert close(model(images), expected.pooled)
    assert close(model.forward_features(images), expected.dense)
    assert model.num_features == configuration["num_features"] == expected.pooled.shape[1]
    about = resolve_model_data_config(model)
    assert [*about["input_size"], *about["mean"], *about["std"]] == [3, 16, 16, 0, 0, 0, 1, 1, 1]


@torch.no_grad()
def test_a_classifier_is_put_behind_it(make_run):
    run = make_run("rotate", *NARROW)
    export(run.name)
    images = torch.rand(3, 3, 16, 16)
    model = load(num_classes=4)
    assert model(images).shape == (3, 4)
    assert model.get_classifier().out_features == 4
    model.reset_classifier(0)
    assert close(model(images), selfstudy.load(run.name)(images).pooled)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("network", "more", "arguments"),
    [
        (R18, [], {"num_classes": 8}),
        (R50, [DILATED.format(False, True)], {"num_classes": 8, "output_stride": 16}),
    ],
)
@torch.no_grad()
def test_a_network_that_timm_has(network, more, arguments, make_run):
    """It is timm's own, which needs nothing of ours."""
    run = make_run("rotate", *network, POOL, *more)
    expect_rgb(run.name)
    configuration = export(run.name)
    assert configuration["architecture"] == network[0].split("'")[1]
    assert configuration["model_args"] == arguments
    model = load()
    about = resolve_model_data_config(model)
    mean, std = (torch.tensor(about[key]).view(3, 1, 1) for key in ("mean", "std"))
    images = torch.rand(3, 3, 16, 16)
    assert close(model((images - mean) / std), selfstudy.load(run.name)(images).pooled)
    subprocess.run([sys.executable, "-c", ALONE, "folder"], check=True)
    assert "selfstudy.timm" not in Path("folder/README.md").read_text()


@pytest.mark.slow
@pytest.mark.parametrize(
    ("bindings", "in_rgb"),
    [
        ([*R18, POOL], False),  # timm cannot prepare images in Lab
        (R18, True),  # it always pools
        ([*R18, POOL, "ResNet.width = 8"], True),
        ([*R50, POOL, "ResNet.width = 8", DILATED.format(True, False)], True),
    ],
)
@torch.no_grad()
def test_networks_that_timm_has_not(bindings, in_rgb, make_run):
    run = make_run("rotate", *bindings)
    if in_rgb:
        expect_rgb(run.name)
    assert export(run.name)["architecture"] == "selfstudy_backbone"
    images = torch.rand(3, 3, 16, 16)
    assert close(load()(images), selfstudy.load(run.name)(images).pooled)


def test_the_printed_lines_make_the_network(make_run, capsys):
    run = make_run("cmc", *NARROW)
    cli.main(["export", "-e", run.name, "--format", "timm"])
    first, images, *lines = capsys.readouterr().out.splitlines()
    assert first.startswith("results/runs/cmc/timm: the run's features, to ")
    assert images == "images: float32 (b, 3, 16, 16), sRGB from 0 to 1"
    names = {}
    exec("\n".join(lines), names)
    assert names["model"].num_features == 16


def test_the_card_of_a_run(make_run):
    run = make_run("rotate", *NARROW)
    path = Path("results/runs/rotate/snapshot.pt")
    content = torch.load(path, weights_only=True)
    trained = {"rounds": 7, "seed": 3, "data": "/home/me/data/0110/data_16_lab.h5"}
    content["trained"] |= trained | {"configuration": "session.method = 'rotate'\n"}
    torch.save(content, path)
    export(run.name)
    card = huggingface_hub.ModelCard.load("folder/README.md")
    assert card.data.library_name == "timm"
    assert card.data.license == "unknown"
    assert "| method | rotate, 7 rounds, seed 3 |" in card.text
    assert "| images | 0110/data_16_lab.h5 |" in card.text
    assert "session.method = 'rotate'" in card.text
    assert "/home/me" not in card.text
    assert "## Results" not in card.text


def test_the_card_of_a_study_has_its_results(make_run, prepared):
    place = "results/pretrain/0110/r9/rotate/seed0"
    make_folder(place, prepared, "rotate", *NARROW)
    table = Path("results/tables/accuracy.csv")
    table.parent.mkdir()
    table.write_text(
        "dataset,backbone,pretext,task,labels,mean,n,low,high,networks,measure\n"
        "0110,r9,scratch,classify,100,0.25,3,0.2,0.3,0,accuracy\n"
        "0110,r9,rotate,classify,100,0.5,3,0.4,0.6,1,accuracy\n"
        "0110,r9,rotate,pose,100,0.75,1,,,1,accuracy\n"
        "1111,r9,rotate,classify,100,0.9,3,0.8,1.0,1,accuracy\n"
    )
    export(place)
    rows = [
        line for line in Path("folder/README.md").read_text().splitlines() if "accuracy)" in line
    ]
    assert rows == [
        "| classify (accuracy) | 100 | 1, 3 | 0.500 (0.400 to 0.600) | 0.250 (0.200 to 0.300) |",
        "| pose (accuracy) | 100 | 1, 1 | 0.750 |  |",
    ]


def test_a_run_that_does_not_say_what_images_it_expects(make_run, capsys):
    run = make_run("rotate", *NARROW)
    path = Path("results/runs/rotate/snapshot.pt")
    torch.save(torch.load(path, weights_only=True) | {"input": None}, path)
    data = Path(Path("results/runs/rotate/metrics.csv").read_text().split()[1])
    with h5py.File(data, "r+") as file:
        for key in ("color_space", "mean", "std"):
            del file.attrs[key]
    with pytest.raises(SystemExit):
        export(run.name)
    assert "--format timm: it does not say what images it expects" in capsys.readouterr().err
    assert not Path("folder").exists()


def test_wrong_weights_are_noticed_before_anything_is_written(make_run, monkeypatch, capsys):
    def spoil(backbone):
        network = real(backbone)
        key = next(iter(network.weights))
        network.weights[key] = network.weights[key] + 1
        return network

    run, real = make_run("rotate", *NARROW), hub.wrap
    monkeypatch.setattr(hub, "wrap", spoil)
    with pytest.raises(SystemExit):
        export(run.name)
    assert "folder: not written: timm gives features that differ from" in capsys.readouterr().err
    assert not Path("folder").exists()
