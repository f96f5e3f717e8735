"""Exported backbones, read by the libraries that they are for."""

import json
import sys
from pathlib import Path

import h5py
import numpy as np
import onnx
import onnxruntime
import pytest
import torch
from made_runs import DILATED, NARROW, R18, R50, close, outputs
from safetensors import safe_open
from safetensors.torch import load_file
from torch import nn
from torchvision import models

from selfstudy import cli
from selfstudy.backbones.base import make_described
from selfstudy.commands.export import FORMATS
from selfstudy.configuration import load_configuration
from selfstudy.data.inputs import Input
from selfstudy.data.spaces import STATISTICS
from selfstudy.errors import ConfigurationError
from selfstudy.export import counterparts, export
from selfstudy.starts.file import File


def exported(run, form):
    """The path of a run's backbone in a format."""
    cli.main(["export", "-e", run.name, "--format", form, "-o", "file"])
    return "file"


def refused(run, form, capsys):
    """The line with which the command ends, without a file."""
    capsys.readouterr()
    with pytest.raises(SystemExit):
        exported(run, form)
    assert not list(Path().glob("*file*"))
    return capsys.readouterr().err


def test_the_formats_of_the_command_are_there():
    assert tuple(export.FORMATS) == FORMATS


@pytest.mark.slow
@pytest.mark.parametrize("skip_pool", [True, False])
def test_weights_that_torchvision_loads(skip_pool, make_run):
    run = make_run("rotate", *R18, f"ResNet.skip_init_pool = {skip_pool}")
    theirs = models.resnet18(num_classes=8)
    theirs.load_state_dict(torch.load(exported(run, "torchvision"), weights_only=True))
    if skip_pool:
        assert not torch.allclose(outputs(theirs, run), run.pooled, rtol=0.01)
        theirs.maxpool = nn.Identity()
    assert close(outputs(theirs, run), run.pooled)


@pytest.mark.slow
def test_a_dilated_network(make_run):
    run = make_run("classify", *R50, DILATED.format(False, True), "ResNet.skip_init_pool = False")
    dilated = {"replace_stride_with_dilation": [False, False, True]}
    theirs = models.resnet50(num_classes=8, **dilated)
    theirs.load_state_dict(torch.load(exported(run, "torchvision"), weights_only=True))
    assert close(outputs(theirs, run), run.pooled)


@pytest.mark.slow
def test_the_printed_lines_load_the_file(make_run, capsys):
    run = make_run("rotate", *R18)
    for form in ("torchvision", "safetensors", "onnx"):
        cli.main(["export", "-e", run.name, "--format", form])
        first, images, *lines = capsys.readouterr().out.splitlines()
        path = f"results/runs/rotate/{export.FORMATS[form].file}"
        assert first.startswith(f"{path}: the run's features, to ")
        assert images == (
            "images: float32 (b, 3, 16, 16), CIE Lab of sRGB (D65, as skimage.color.rgb2lab gives "
            "it), minus (38.44, 3.03, 4.77), divided by (17.42, 9.41, 11.37)"
        )
        names = {"images": run.images.numpy()}
        exec("\n".join(lines), names)
        if "model" in names:
            assert close(outputs(names["model"], run), run.pooled)
        elif "pooled" in names:
            assert close(torch.from_numpy(names["pooled"]), run.pooled)
        else:
            assert names["weights"]["layers.3.1.bn2.running_mean"].any()


@pytest.mark.parametrize("method", ["rotate", "cmc"])
def test_safetensors_describe_themselves(method, make_run):
    run = make_run(method, *NARROW)
    path = exported(run, "safetensors")
    with safe_open(path, "pt") as file:
        about = file.metadata()
    assert about["run"] == f"results/runs/{method}"
    assert about["method"] == method
    assert about["architecture"] == ("two_encoders" if method == "cmc" else "resnet9")
    assert about["ResNet.width"] == "4"
    assert about["color_space"] == "lab"
    assert about["mean"] == "38.44, 3.03, 4.77"
    assert about["ResNet.is_half"] == str(method == "cmc")
    backbone = make_described(json.loads(about["backbone"]))
    assert backbone.name == about["architecture"]
    backbone.load_state_dict(load_file(path))
    assert close(outputs(backbone, run).pooled, run.pooled)


@pytest.mark.slow
@pytest.mark.parametrize("method", ["amdim", "cmc"])
def test_onnx_computes_the_features_of_any_number_of_images(method, make_run):
    run = make_run(method, *NARROW)
    path = exported(run, "onnx")
    session = onnxruntime.InferenceSession(path)
    for count in (1, 5):
        images = np.ascontiguousarray(run.images[:count])
        pooled, dense = session.run(["pooled", "dense"], {"images": images})
        assert close(torch.from_numpy(pooled), run.pooled[:count])
        assert close(torch.from_numpy(dense), run.dense[:count])
    assert {p.key: p.value for p in onnx.load(path).metadata_props}["method"] == method
    assert b".py" not in Path(path).read_bytes(), "no paths of this machine"


ONE_OF = ": expected a single network, one of resnet18, resnet34, resnet50, "


@pytest.mark.parametrize(
    ("method", "bindings", "message"),
    [
        ("vae", NARROW, f"no counterpart of resnet9{ONE_OF}"),
        ("cmc", R18, f"no counterpart of two_encoders{ONE_OF}"),
        (
            "rotate",
            [*R18, "ResNet.width = 8"],
            "another resnet18: conv1.weight is (64, 3, 7, 7) there, here (8, 3, 7, 7): expected "
            "ResNet.width = 64 and ResNet.is_half = False",
        ),
        (
            "rotate",
            [*R18, "ResNet.is_half = True"],
            "another resnet18: layer1.0.conv1.weight is (64, 64, 3, 3) there, here (32, 64, 3, 3)",
        ),
        (
            "rotate",
            [*R18, "ResNet.feat_layer = 2"],
            "no features but the linear layer's: expected ResNet.feat_layer = -1, not 2",
        ),
    ],
)
def test_networks_that_torchvision_has_not(method, bindings, message, make_run, capsys):
    run = make_run(method, *bindings)
    error = refused(run, "torchvision", capsys)
    start = f"error: results/runs/{method}: --format torchvision: torchvision has {message}"
    assert error.startswith(start)
    assert error.endswith("; --format timm, safetensors and onnx take any backbone\n")


@pytest.mark.parametrize(
    ("form", "library"),
    [("safetensors", "safetensors"), ("timm", "timm"), ("onnx", "onnxruntime")],
)
def test_libraries_that_are_not_installed(form, library, monkeypatch):
    for name in list(sys.modules):
        if name.partition(".")[0] == library:
            monkeypatch.delitem(sys.modules, name)
    monkeypatch.setitem(sys.modules, library, None)
    message = rf"^--format {form} needs {library}.*: pip install selfstudy\[export\]$"
    with pytest.raises(ConfigurationError, match=message):
        export.require(form, export.FORMATS[form].libraries)


def test_weights_in_a_wrong_place_are_noticed(make_run, monkeypatch, capsys):
    """Two batch norms of one shape are exchanged, which loads as well."""
    swapped = {"layer2.0.bn1.": "layer2.0.bn2.", "layer2.0.bn2.": "layer2.0.bn1."}

    def wrong(key):
        norm = key[: len("layer2.0.bn1.")]
        return real(swapped.get(norm, norm) + key[len(norm) :])

    run, real = make_run("rotate", *R18), counterparts.translate_key
    monkeypatch.setattr(counterparts, "translate_key", wrong)
    error = refused(run, "torchvision", capsys)
    assert error.startswith("error: file: not written: torchvision gives features that differ from")


@pytest.mark.parametrize("method", ["rotate", "cmc"])
def test_a_file_of_ones_own_is_a_start(method, make_run):
    """It says what images it expects."""
    run = make_run(method, *NARROW)
    path = exported(run, "safetensors")
    Path(path).rename("file.safetensors")
    configuration = load_configuration([f"syn/r9/{method}", "syn/r9/classify"], NARROW)
    backbone = File("file.safetensors", configuration.make_backbone).make_backbone().eval()
    assert backbone.input == Input("lab", *STATISTICS["rendered"]["lab"])
    backbone.accept(backbone.input)
    assert close(outputs(backbone, run).pooled, run.pooled)


def test_nothing_is_fetched(make_run, monkeypatch):
    """Of a run that began with ImageNet's weights, which are no more needed."""

    def refuse(*arguments, **options):
        raise AssertionError("fetched")

    run = make_run("rotate", *R18)
    path = Path("results/runs/rotate/snapshot.pt")
    content = torch.load(path, weights_only=True)
    content["trained"]["configuration"] = "session.start = {'torchvision': 'resnet18'}\n"
    torch.save(content, path)
    monkeypatch.setattr(torch.hub, "download_url_to_file", refuse)
    exported(run, "safetensors")


@pytest.mark.slow
def test_images_of_other_weights(make_run, capsys):
    """Those that a backbone expects, whatever those are prepared as that it is tried with."""
    make_run("rotate", *NARROW)
    path = Path("results/runs/rotate/snapshot.pt")
    content = torch.load(path, weights_only=True)
    torch.save(content | {"input": ["rgb", [120.0, 110.0, 100.0], [60.0, 60.0, 50.0]]}, path)
    cli.main(["export", "-e", "rotate", "--format", "onnx", "-o", "file"])
    images = "float32 (b, 3, 16, 16), sRGB from 0 to 255, minus (120, 110, 100), divided by (60, "
    assert capsys.readouterr().out.splitlines()[1].startswith(f"images: {images}")


def test_data_that_does_not_say_how_it_was_made(make_run, prepared, capsys):
    """That of the study's authors."""
    make_run("vae", *NARROW)
    with h5py.File(prepared, "r+") as file:
        for key in ("color_space", "mean", "std"):
            del file.attrs[key]
    run = make_run("rotate", *NARROW)
    exported(run, "safetensors")
    images = "float32 (b, 3, 16, 16), prepared as in data_16_lab.h5, which does not say how"
    assert capsys.readouterr().out.splitlines()[1] == f"images: {images}"
    with pytest.raises(SystemExit):
        cli.main(["export", "-e", "vae", "--format", "onnx", "-o", "other"])
    message = "resnet9: its weights expect images in lab, and the dataset does not say how its own"
    assert message in capsys.readouterr().err


def test_an_export_is_made_anew(make_run):
    run = make_run("rotate", *NARROW)
    Path("file").write_text("an older one")
    assert "fc.weight" in load_file(exported(run, "safetensors"))
