# The configuration, checked; the names that follow from it; where things lie.

import os
from functools import cache
from pathlib import Path

from snakemake.exceptions import WorkflowError

from selfstudy.analysis import FEWEST, SCRATCH
from selfstudy.configuration import gin_text
from selfstudy.data.packed import BUCKETS, name_bucket
from selfstudy.data.prepared import name_prepared
from selfstudy.errors import SelfstudyError
from selfstudy.factors import pair_datasets
from selfstudy.provenance import fingerprint_code, fingerprint, find_source
from selfstudy.sweep import (
    LINEAR_TASKS,
    check,
    difficulty,
    downstream,
    finetuning,
    fits,
    freezing,
    pretraining,
    resolution,
    search_settings,
    searching,
)

if not workflow.overwrite_configfiles:

    configfile: "config/config.yaml"


try:
    check(config)
except SelfstudyError as error:
    raise WorkflowError(str(error)) from None

# Scripts find the package in the checkout, whatever environment runs them.
os.environ.update(PYTHONPATH=f"{workflow.basedir}:{os.getenv('PYTHONPATH', '')}")

fingerprint_code = cache(fingerprint_code)  # for this run: thousands of jobs ask for a few

RESULTS, DATA = config["results"], config["data"]
DATASETS, BACKBONES = config["datasets"], config["backbones"]
PRETEXT, TASKS = config["pretext"], config["tasks"]
TABLES = ["runs", "accuracy", "utility", "linear", "frozen", "outcomes", "correlations", "ranks"]
LAID_OUT = ["accuracy", "utility"]  # as in a paper, too
FROZEN_LAYERS = config.get("frozen", {}).get("layers", [])
FROZEN_LABELS = config.get("frozen", {}).get("labels", [])
SEARCHES = config.get("searches", {})
SINGLE = [name for name, dataset in DATASETS.items() if fits("classify", name, dataset)]
RENDERED = [name for name in DATASETS if DATASETS[name]["source"] in ("render", "rendered")]
JUDGED = [name for name in SINGLE if name in RENDERED]
CLASSIFY = [task for task in TASKS if task == "classify"]
FORMATS = ["pdf", "png"]
# Of what users bring to be rendered, the files that it is collected in.
COLLECTED = {
    name: f"{DATA}/{name}.h5"
    for name in ("meshes", "textures")
    if config.get("rendering", {}).get(name)
}
PACKED = f"{DATA}/packed/{{dataset}}"
PREPARED = f"{DATA}/prepared/{{dataset}}/{name_prepared('{resolution}', config['colour'])}"
PRETRAIN = f"{RESULTS}/pretrain/{{dataset}}/{{backbone}}/{{pretext}}"
FINETUNE = f"{RESULTS}/finetune/{{dataset}}/{{backbone}}/{{pretext}}/{{task}}/n{{labels}}"
FROZEN = f"{RESULTS}/frozen/k{{layer}}/{{dataset}}/{{backbone}}/{{pretext}}/{{task}}/n{{labels}}"
SEARCH = f"{RESULTS}/search/{{search}}"
DIFFICULTY = f"{RESULTS}/difficulty/{{dataset}}"
LINEAR = f"{RESULTS}/linear/{{dataset}}/{{backbone}}/{{pretext}}/{{task}}"


wildcard_constraints:
    dataset="|".join(DATASETS),
    backbone="|".join(BACKBONES),
    pretext="|".join(PRETEXT),
    task="|".join(TASKS),
    bucket=r"\d\d",
    labels=r"\d+",
    layer=r"\d+",
    resolution=r"\d+",
    format="|".join(FORMATS),
    search="|".join(SEARCHES) or "(?!)",
