"""A sound file for every reader, small, with what must lie beside it."""

import json
import shutil

import numpy as np
import OpenEXR
import pandas as pd
import readers
import torch
from own_images import write_images
from own_meshes import write_meshes, write_textures
from PIL import Image

from selfstudy.backbones.base import make_backbone
from selfstudy.configuration import GIN
from selfstudy.data.exr import PASSES
from selfstudy.data.inputs import UNIT_RGB
from selfstudy.data.names import BUCKETS
from selfstudy.data.packed import OBJECT
from selfstudy.rendering.meshes import collect_meshes
from selfstudy.rendering.own_textures import collect_textures
from selfstudy.snapshots import save_snapshot
from selfstudy.training import checkpoint

NOISE = np.random.default_rng(0).integers(0, 256, (16, 16, 3), dtype=np.uint8)


def image(folder):
    Image.fromarray(NOISE).save(folder / "image.png")
    return folder / "image.png"


def jpeg(folder):
    Image.fromarray(NOISE).save(folder / "image.jpg")
    return folder / "image.jpg"


def tiff(folder):
    Image.fromarray(NOISE).save(folder / "image.tif", compression="tiff_lzw")
    return folder / "image.tif"


def avif(folder):
    Image.fromarray(NOISE).save(folder / "image.avif")
    return folder / "image.avif"


def sample(folder):
    metadata(folder)
    return image(folder).rename(folder / "00000.png")


def metadata(folder):
    np.save(folder / "00000.npy", np.zeros(1, OBJECT))
    return folder / "00000.npy"


def exr(folder):
    passes = {f"ViewLayer.{names[0]}": np.ones((8, 8), np.float32) for names in PASSES.values()}
    path = folder / "scene.exr"
    OpenEXR.File({"type": OpenEXR.scanlineimage}, passes).write(str(path))
    return path


def obj(folder):
    return next((write_meshes(folder, 1, ["ball"]) / "ball").iterdir())


def glb(folder):
    return next((write_meshes(folder, 1, ["block"], "glb") / "block").iterdir())


def meshes(folder):
    source = write_meshes(folder / "source", BUCKETS, ["block", "tube"])
    collect_meshes(source, folder / "meshes.h5")
    shutil.rmtree(source)
    return folder / "meshes.h5"


def textures(folder):
    source = write_textures(folder / "source", BUCKETS)
    collect_textures(source, folder / "textures.h5")
    shutil.rmtree(source)
    return folder / "textures.h5"


def save_checkpoint(folder):
    content = {key: {} for key in checkpoint.KEYS} | {"round": 1, "learner": {"a": torch.ones(9)}}
    checkpoint.write_checkpoint(folder, content)
    return folder / checkpoint.CHECKPOINT


def snapshot(folder):
    backbone = make_backbone("resnet9", width=2, out_feats=3)
    backbone.accept(UNIT_RGB)
    save_snapshot(folder / "snapshot.pt", backbone, {"method": "vae"})
    return folder / "snapshot.pt"


def configuration(folder):
    return shutil.copy(GIN.parent / "demo.yaml", folder / "mine.yaml")


def gin(folder):
    return shutil.copy(GIN / "syn/r9/cmc.gin", folder / "mine.gin")


def metrics(folder):
    columns = {"accuracy": 0.5, "best_accuracy": 0.6, "chance": 0.1, "feature_spread": 1.0}
    pd.DataFrame([{"seed": seed} | columns for seed in range(3)]).to_csv(
        folder / "metrics.csv", index=False
    )
    return folder / "metrics.csv"


def linear(folder):
    path = metrics(folder)
    table = pd.read_csv(path).assign(labels=[100, 200, 300])
    table.drop(columns=["best_accuracy", "chance"]).to_csv(path, index=False)
    return path


def results(folder):
    rows = [("scratch", 100, 0, 0.5), ("scratch", 200, 0, 0.6), ("mine", 100, 0, 0.55)]
    table = pd.DataFrame(rows, columns=["method", "labels", "seed", "accuracy"])
    table.to_csv(folder / "mine.csv", index=False)
    return folder / "mine.csv"


def table(folder):
    write_images(folder / "images", ["cat", "dog"])
    names = sorted(path.relative_to(folder) for path in folder.rglob("*.png"))
    rows = pd.DataFrame({"file": names, "label": [name.parts[1] for name in names]})
    rows.to_csv(folder / "mine.csv", index=False)
    return folder / "mine.csv"


def command(folder):
    (folder / "command.json").write_text(json.dumps(readers.COMMAND))
    return folder / "command.json"
