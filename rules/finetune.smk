# Downstream tasks. One finetuning job per label budget, whose seeds run inside it, and those that
# are done stay done; one job of linear evaluation for all budgets.


rule finetune:
    input:
        data=prepared,
        snapshot=snapshot,
    output:
        metrics=f"{FINETUNE}/metrics.csv",
        history=f"{FINETUNE}/history.csv",
        config=f"{FINETUNE}/config.gin",
    log:
        f"logs/{FINETUNE}.log",
    conda:
        "../envs/selfstudy.yaml"
    threads: config["resources"]["finetune"]["threads"]
    resources:
        mem_mb=config["resources"]["finetune"]["mem_mb"],
        runtime=config["resources"]["finetune"]["runtime"],
        gpu=1,
    params:
        gin=finetune_gin,
        gin_text=lambda w: gin_fingerprint(finetune_gin(w)),
        seeds=config["seeds"],
        code=lambda w: run_code(w, "training.seeds"),
    script:
        "../workflow/scripts/finetune.py"


use rule finetune as finetune_frozen with:
    output:
        metrics=f"{FROZEN}/metrics.csv",
        history=f"{FROZEN}/history.csv",
        config=f"{FROZEN}/config.gin",
    log:
        f"logs/{FROZEN}.log",
    params:
        gin=frozen_gin,
        gin_text=lambda w: gin_fingerprint(frozen_gin(w)),
        seeds=config["seeds"],
        code=lambda w: run_code(w, "training.seeds"),


rule linear:
    input:
        data=prepared,
        snapshot=f"{PRETRAIN}/snapshot.pt",
    output:
        f"{LINEAR}/metrics.csv",
    log:
        f"logs/{LINEAR}.log",
    conda:
        "../envs/selfstudy.yaml"
    threads: config["resources"]["linear"]["threads"]
    resources:
        mem_mb=config["resources"]["linear"]["mem_mb"],
        runtime=config["resources"]["linear"]["runtime"],
        gpu=1,
    params:
        gin=downstream_gin,
        gin_text=lambda w: gin_fingerprint(downstream_gin(w)),
        labels=lambda w: TASKS[w.task]["labels"],
        seeds=config["seeds"],
        code=lambda w: run_code(w, "evaluation.linear"),
    script:
        "../workflow/scripts/linear.py"
