# The configuration, checked; the names that follow from it; where things lie.

import os
from functools import cache

from snakemake.exceptions import WorkflowError

from selfstudy.configuration import gin_text
from selfstudy.data.packed import BUCKETS, bucket_name
from selfstudy.errors import SelfstudyError
from selfstudy.provenance import code_fingerprint, fingerprint
from selfstudy.sweep import SCRATCH, check, family, fits, prepared_name

if not workflow.overwrite_configfiles:

    configfile: "config/config.yaml"


try:
    check(config)
except SelfstudyError as error:
    raise WorkflowError(str(error)) from None

# Scripts find the package in the checkout, whatever environment runs them.
os.environ.update(PYTHONPATH=f"{workflow.basedir}:{os.getenv('PYTHONPATH', '')}")

code_fingerprint = cache(code_fingerprint)  # for this run: thousands of jobs ask for a few

RESULTS, DATA = config["results"], config["data"]
DATASETS, BACKBONES = list(config["datasets"]), config["backbones"]
PRETEXT, TASKS = config["pretext"], config["tasks"]
TABLES = ["runs", "accuracy", "utility"]
SINGLE = [dataset for dataset in DATASETS if fits("classify", dataset)]
FIGURES = (["fig2"] if SINGLE else []) + (["fig3"] if SINGLE and "classify" in TASKS else [])
FORMATS = ["pdf", "png"]
PACKED = f"{DATA}/packed/{{dataset}}"
PREPARED = f"{DATA}/prepared/{{dataset}}/{prepared_name('{resolution}', config['colour'])}"
PRETRAIN = f"{RESULTS}/pretrain/{{dataset}}/{{backbone}}/{{pretext}}"
FINETUNE = f"{RESULTS}/finetune/{{dataset}}/{{backbone}}/{{pretext}}/{{task}}/n{{labels}}"


wildcard_constraints:
    dataset="|".join(DATASETS),
    backbone="|".join(BACKBONES),
    pretext="|".join(PRETEXT),
    task="|".join(TASKS),
    bucket=r"\d\d",
    labels=r"\d+",
    resolution=r"\d+",
    format="|".join(FORMATS),


def buckets(wildcards):
    """The packed files of a dataset."""
    return [f"{PACKED}/{bucket_name(b)}".format(**wildcards) for b in range(BUCKETS)]


def prepared(wildcards):
    """The prepared file of a dataset."""
    resolution = config["datasets"][wildcards.dataset]["resolution"]
    return PREPARED.format(dataset=wildcards.dataset, resolution=resolution)


def snapshot(wildcards):
    """The pretrained snapshot that a finetuning run starts from; none from scratch."""
    return [] if wildcards.pretext == SCRATCH else f"{PRETRAIN}/snapshot.pt".format(**wildcards)


def metrics(tasks, backbones=BACKBONES):
    """The metrics files of the finetuning jobs of these tasks and backbones."""
    return [
        f"{FINETUNE}/metrics.csv".format(dataset=d, backbone=b, pretext=p, task=t, labels=n)
        for t in tasks
        for d in DATASETS
        if fits(t, d)
        for b in TASKS[t].get("backbones", BACKBONES)
        if b in backbones
        for p in PRETEXT
        for n in TASKS[t]["labels"]
    ]


def pretrain_gin(wildcards):
    """Gin files and bindings of a pretraining run."""
    files = [f"{family(wildcards.dataset)}/{wildcards.backbone}/{wildcards.pretext}"]
    return files, config["gin"]["all"] + config["gin"]["pretrain"]


def finetune_gin(wildcards):
    """Gin files and bindings of a finetuning run: the pretext method's backbone, the task's way."""
    folder = f"{family(wildcards.dataset)}/{wildcards.backbone}"
    pretext = [] if wildcards.pretext == SCRATCH else [f"{folder}/{wildcards.pretext}"]
    few = config["gin"]["few_labels"]
    bindings = config["gin"]["all"] + config["gin"]["finetune"]
    if int(wildcards.labels) < few["below"]:
        bindings = bindings + few["bindings"]
    return [*pretext, f"{folder}/{wildcards.task}"], bindings


def finetune_code(wildcards):
    """A hash of the source that a finetuning run goes through."""
    pretext = [] if wildcards.pretext == SCRATCH else [f"pretext.{wildcards.pretext}"]
    tasks = ["downstream.classify", f"downstream.{wildcards.task}"]
    return code_fingerprint("training.seeds", *tasks, *pretext)


def gin_fingerprint(gin):
    """A hash of the gin files' text, so that a run is repeated when they change."""
    files, _ = gin
    return fingerprint(gin_text(name) for name in files)
