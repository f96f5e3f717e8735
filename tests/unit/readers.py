"""Every reader of files that the package has, as a function of the file's path."""

from argparse import Namespace

import numpy as np
import torch

from selfstudy.analysis.accuracies import read_accuracies as read_results
from selfstudy.analysis.runs import collect_linear, collect_runs
from selfstudy.commands.train import read_command
from selfstudy.configuration import load_configuration
from selfstudy.data.decoding import decode_image
from selfstudy.data.exr import read_exr
from selfstudy.data.images import prepare_images
from selfstudy.data.names import BUCKETS, name_bucket
from selfstudy.data.pack import read_metadata, read_sample
from selfstudy.data.prepare import prepare
from selfstudy.data.rendered import SynDataset
from selfstudy.rendering.meshes import Collection, read_mesh
from selfstudy.rendering.own_textures import read_textures
from selfstudy.snapshots import load
from selfstudy.sweep.check import read_configuration
from selfstudy.tasks.classify import Classify
from selfstudy.tasks.pose import Pose
from selfstudy.training.checkpoint import read_checkpoint as read_checkpoint
from selfstudy.training.learners import gather_labels

COMMAND = {"gin": [], "bindings": [], "data": "", "seed": 0}


def prepared(path):
    dataset = SynDataset(path, input_res=16)
    labels = gather_labels([Classify(1, 10), Pose(1, 5)], dataset)
    dataset.read(np.arange(dataset.training_images), torch.device("cpu"), labels)


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
    load_configuration([str(path)])


def table(path):
    prepare_images(path, path.with_name("data_16.h5"), 16, "rgb", seed=0)


def command(path):
    given = Namespace(exp_id="mine", gin_config=[], gin_param=[], data=None, seed=None)
    read_command(path.parent.parent, path, given, COMMAND)


def image(path):
    decode_image(path, 16)


def snapshot(path):
    load(path)


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
