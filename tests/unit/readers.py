"""Every reader of files that the package has, as a function of the file's path."""

from argparse import Namespace

import numpy as np
import torch
from torch import nn

from selfstudy.analysis.runs import collect_linear, collect_runs
from selfstudy.commands.train import resumed
from selfstudy.commands.utility import read_accuracies as read_results
from selfstudy.configuration import configured
from selfstudy.data.decoding import decode_image
from selfstudy.data.exr import read_exr
from selfstudy.data.images import prepare_images
from selfstudy.data.pack import read_metadata, read_sample
from selfstudy.data.packed import BUCKETS, name_bucket
from selfstudy.data.prepare import prepare
from selfstudy.data.rendered import SynDataset
from selfstudy.rendering.meshes import Collection, read_mesh
from selfstudy.rendering.own_textures import read_textures
from selfstudy.sweep.check import read_configuration
from selfstudy.training.checkpoint import read as read_checkpoint
from selfstudy.training.snapshot import load_backbone

COMMAND = {"gin": [], "bindings": [], "data": "", "seed": 0}


class Network(nn.Module):
    """The least that has a backbone."""

    def __init__(self):
        super().__init__()
        self.model = nn.ModuleDict({"backbone": nn.Linear(3, 4)})


def prepared(path):
    with configured([], ["BaseDataset.input_res = 16", "BaseDataset.predict_pose = True"]):
        dataset = SynDataset(path)
    dataset.chance(0)
    dataset.read(np.arange(dataset.training_images), torch.device("cpu"))


def packed(path):
    paths = [path.with_name(name_bucket(bucket)) for bucket in range(BUCKETS)]
    prepare(paths, path.with_name("data_16.h5"), "0110", 16, "rgb", seed=0)


def meshes(path):
    collection = Collection.open(path)
    for index in range(len(collection.labels)):
        collection.read_shape(index)


def textures(path):
    for bucket in range(BUCKETS):
        read_textures(path, 0, bucket)


def gin(path):
    with configured([str(path)]):
        pass


def table(path):
    prepare_images(path, path.with_name("data_16.h5"), 16, "rgb", seed=0)


def command(path):
    resumed(path, Namespace(gin_config=[], gin_param=[], seed=None), COMMAND)


def image(path):
    decode_image(path, 16)


def snapshot(path):
    load_backbone(path, Network())


def metrics(path):
    collect_runs([path])


def linear(path):
    collect_linear([path])


exr = read_exr
sample = read_sample
metadata = read_metadata
mesh = read_mesh
checkpoint = read_checkpoint
configuration = read_configuration
results = read_results
