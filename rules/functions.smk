# What the rules ask for: inputs, and how a run is configured.


def of_source(*sources):
    """A pattern of the names of the datasets from these sources; none fits where there are none."""
    names = [name for name, dataset in DATASETS.items() if dataset["source"] in sources]
    return "|".join(names) or "(?!)"


def buckets(wildcards):
    """The packed files of a dataset."""
    return [f"{PACKED}/{name_bucket(b)}".format(**wildcards) for b in range(BUCKETS)]


def own_images(wildcards):
    """A table of images, or their folders."""
    dataset = DATASETS[wildcards.dataset]
    if "table" in dataset:
        return dataset["table"]
    return folders_below(dataset["folder"])


def folders_below(folder):
    """A folder and those below it, which are newer if files came."""
    folder = Path(folder)
    return [folder, *sorted(path for path in folder.glob("**/") if path.is_dir())]


def render_settings(wildcards):
    """How to render, but for what users bring, which is input."""
    return {name: value for name, value in config["rendering"].items() if name not in COLLECTED}


def prepared(wildcards):
    """The prepared file of a dataset."""
    name = wildcards.dataset
    if DATASETS[name]["source"] == "prepared":
        return DATASETS[name]["file"]
    return PREPARED.format(dataset=name, resolution=resolution(DATASETS[name]))


def snapshot(wildcards):
    """The pretrained snapshot that a finetuning run starts from; none from scratch."""
    return [] if wildcards.pretext == SCRATCH else f"{PRETRAIN}/snapshot.pt".format(**wildcards)


def task_backbones(task):
    """The backbones that a task is run with."""
    return TASKS[task].get("backbones", BACKBONES)


def places(tasks, backbones=BACKBONES):
    """Dataset, backbone and task of the curves of these tasks and backbones."""
    return [
        {"dataset": name, "backbone": backbone, "task": task}
        for task in tasks
        for name, dataset in DATASETS.items()
        if fits(task, name, dataset)
        for backbone in task_backbones(task)
        if backbone in backbones
    ]


def metrics(tasks, backbones=BACKBONES):
    """The metrics files of the finetuning jobs of these tasks and backbones."""
    return [
        f"{FINETUNE}/metrics.csv".format(**place, pretext=pretext, labels=labels)
        for place in places(tasks, backbones)
        for pretext in PRETEXT
        for labels in TASKS[place["task"]]["labels"]
    ]


def frozen_metrics():
    """The metrics files of the finetuning jobs whose backbone is frozen in part."""
    return [
        f"{FROZEN}/metrics.csv".format(**place, pretext=pretext, layer=layer, labels=labels)
        for layer in FROZEN_LAYERS
        for place in places(CLASSIFY, BACKBONES[:1])
        for pretext in PRETEXT
        if pretext != SCRATCH
        for labels in FROZEN_LABELS
    ]


def there(paths):
    """Those of the files that are there, if a part is enough; else all, which are then made."""
    return [path for path in paths if Path(path).is_file()] if config.get("partial") else paths


def linear_metrics(tasks=TASKS, backbones=BACKBONES):
    """The metrics files of the linear evaluation of pretrained networks."""
    return [
        f"{LINEAR}/metrics.csv".format(**place, pretext=pretext)
        for place in places([task for task in tasks if task in LINEAR_TASKS], backbones)
        for pretext in PRETEXT
        if pretext != SCRATCH
    ]


def pretrain_gin(wildcards):
    """Gin files and bindings of a pretraining run."""
    return pretraining(config, wildcards.dataset, wildcards.backbone, wildcards.pretext)


def downstream_gin(wildcards):
    """Gin files and bindings of a task, whatever its labels."""
    place = wildcards.dataset, wildcards.backbone, wildcards.pretext
    return downstream(config, *place, wildcards.task)


def finetune_gin(wildcards):
    """Gin files and bindings of a finetuning run."""
    place = wildcards.dataset, wildcards.backbone, wildcards.pretext
    return finetuning(config, *place, wildcards.task, int(wildcards.labels))


def difficulty_gin(wildcards):
    """Gin files and bindings of the small network that shows how hard a dataset is."""
    return difficulty(config, wildcards.dataset)


def frozen_gin(wildcards):
    """Gin files and bindings of a finetuning run with a frozen backbone."""
    place = wildcards.dataset, wildcards.backbone, wildcards.pretext, wildcards.task
    return freezing(config, *place, int(wildcards.layer), int(wildcards.labels))


def searched(wildcards):
    """A search's dataset, backbone, pretext method and task, as wildcards of its runs."""
    return type(wildcards)(fromdict=SEARCHES[wildcards.search])


def search_start(wildcards):
    """The snapshot that the runs of a search start from, if they finetune one."""
    return snapshot(searched(wildcards)) if "task" in SEARCHES[wildcards.search] else []


def search_gin(wildcards):
    """Gin files and bindings of the runs of a search, but for what is searched."""
    return searching(config, wildcards.search)


def search_resources(name):
    """So much of a resource as one of the search's runs needs."""

    def resource(wildcards):
        kind = "finetune" if "task" in SEARCHES[wildcards.search] else "pretrain"
        return config["resources"][kind][name]

    return resource


def run_code(wildcards, *modules):
    """A hash of the source of `modules` and of what a run with these wildcards goes through."""
    named = [f"backbones.{wildcards.backbone}", f"methods.{wildcards.pretext}"]
    if "task" in wildcards.keys():
        named += ["tasks.classify", f"tasks.{wildcards.task}"]
    return fingerprint_code(
        *modules, *(module for module in named if find_source(module).is_file())
    )


def gin_fingerprint(gin):
    """A hash of the gin files' text, so that a run is repeated when they change."""
    files, _ = gin
    return fingerprint(gin_text(name) for name in files)


def metrics_of_tasks():
    """Finetuning on every task: with one backbone where one has them all, else with each's first."""
    shared = [name for name in BACKBONES if all(name in task_backbones(task) for task in TASKS)]
    return [
        path for task in TASKS for path in metrics([task], (shared or task_backbones(task))[:1])
    ]


def figure_inputs():
    """What each figure shows, of those that the configuration has data for."""
    first, linear = BACKBONES[:1], [task for task in TASKS if task in LINEAR_TASKS]
    pretrained = any(pretext != SCRATCH for pretext in PRETEXT)
    classified, both = metrics(CLASSIFY, first), metrics(CLASSIFY)
    compared = pretrained and len(PRETEXT) > 2 and len(SINGLE) >= FEWEST
    figures = {
        "fig1": {"runs": metrics(TASKS) if pretrained else []},
        "fig2": {
            "packed": [f"{PACKED}/{name_bucket(0)}".format(dataset=name) for name in RENDERED]
        },
        "fig3": {"runs": classified},
        "fig4": {"runs": metrics_of_tasks() if pretrained and len(TASKS) > 1 else []},
        "fig5": {"runs": both if pretrained and len(both) > len(classified) else []},
        "fig6": {"runs": classified if pretrained and any(pair_datasets(JUDGED).values()) else []},
        "fig7": {"runs": metrics(linear), "linear": linear_metrics()},
        "fig8": {"histories": [path.replace("metrics.csv", "history.csv") for path in classified]},
        "fig9": {
            "runs": classified,
            "frozen": frozen_metrics(),
            "linear": linear_metrics(CLASSIFY, first),
        },
        "fig10": {"runs": classified if compared else []},
    }
    return {name: files for name, files in figures.items() if all(files.values())}


def figure_input(wildcards):
    """What a figure shows."""
    return {name: there(paths) for name, paths in figure_inputs()[wildcards.figure].items()}


def expected_jobs(wildcards):
    """How many jobs should have made what a figure shows."""
    return sum(map(len, figure_inputs()[wildcards.figure].values()))
