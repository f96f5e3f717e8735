# One job per label budget. Its seeds run inside it, and those that are done stay done.


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
        code=finetune_code,
    script:
        "../workflow/scripts/finetune.py"
