# Downstream tasks. One finetuning job per label budget, whose seeds run inside it, each from one of
# the pretrained networks, and those that are done stay done; one job of linear evaluation for all
# budgets.


rule finetune:
    input:
        data=lambda w: sweep.require_prepared(w.dataset),
        snapshots=lambda w: sweep.list_snapshots(**w),
        recipe=lambda w: sweep.find_recipe(**w),
    output:
        metrics=f"{paths.finetune}/metrics.csv",
        history=f"{paths.finetune}/history.csv",
        config=f"{paths.finetune}/config.gin",
    log:
        f"logs/{paths.finetune}.log",
    conda:
        "../envs/selfstudy.yaml"
    threads: resources["finetune"]["threads"]
    resources:
        mem_mb=resources["finetune"]["mem_mb"],
        runtime=resources["finetune"]["runtime"],
        gpu=1,
    params:
        own=lambda w: own.identify_dataset(w.dataset),
        gin=lambda w: configure_finetuning(sweep, **w),
        gin_text=lambda w: fingerprint_gin(configure_finetuning(sweep, **w)),
        start=lambda w: own.identify_start(w.pretext),
        networks=lambda w: sweep.assign_networks(w.pretext),
        code=lambda w: fingerprint_run("finetune", "training.seeds", **find_modules(sweep, **w)),
    script:
        "../workflow/scripts/finetune.py"


use rule finetune as finetune_frozen with:
    output:
        metrics=f"{paths.frozen}/metrics.csv",
        history=f"{paths.frozen}/history.csv",
        config=f"{paths.frozen}/config.gin",
    log:
        f"logs/{paths.frozen}.log",
    params:
        own=lambda w: own.identify_dataset(w.dataset),
        gin=lambda w: configure_frozen(sweep, **w),
        gin_text=lambda w: fingerprint_gin(configure_frozen(sweep, **w)),
        start=lambda w: own.identify_start(w.pretext),
        networks=lambda w: sweep.assign_networks(w.pretext),
        code=lambda w: fingerprint_run("finetune", "training.seeds", **find_modules(sweep, **w)),


use rule finetune as longer with:
    output:
        metrics=f"{paths.longer}/metrics.csv",
        history=f"{paths.longer}/history.csv",
        config=f"{paths.longer}/config.gin",
    log:
        f"logs/{paths.longer}.log",
    resources:
        mem_mb=resources["finetune"]["mem_mb"],
        runtime=2 * resources["finetune"]["runtime"],
        gpu=1,
    params:
        own=lambda w: own.identify_dataset(w.dataset),
        gin=lambda w: configure_longer(sweep, **w),
        gin_text=lambda w: fingerprint_gin(configure_longer(sweep, **w)),
        start=lambda w: own.identify_start(w.pretext),
        networks=lambda w: sweep.assign_networks(w.pretext),
        code=lambda w: fingerprint_run("finetune", "training.seeds", **find_modules(sweep, **w)),


rule linear:
    input:
        data=lambda w: sweep.require_prepared(w.dataset),
        snapshots=lambda w: sweep.list_snapshots(**w),
    output:
        f"{paths.linear}/metrics.csv",
    log:
        f"logs/{paths.linear}.log",
    conda:
        "../envs/selfstudy.yaml"
    threads: resources["linear"]["threads"]
    resources:
        mem_mb=resources["linear"]["mem_mb"],
        runtime=resources["linear"]["runtime"],
        gpu=1,
    params:
        own=lambda w: own.identify_dataset(w.dataset),
        gin=lambda w: configure_task(sweep, **w),
        gin_text=lambda w: fingerprint_gin(configure_task(sweep, **w)),
        start=lambda w: own.identify_start(w.pretext),
        labels=lambda w: sweep.tasks[w.task]["labels"],
        networks=lambda w: sweep.assign_networks(w.pretext),
        code=lambda w: fingerprint_run("linear", "evaluation.linear", **find_modules(sweep, **w)),
    script:
        "../workflow/scripts/linear.py"
