# One pretraining run per dataset, backbone and pretext method.


rule pretrain:
    input:
        data=prepared,
    output:
        snapshot=f"{PRETRAIN}/snapshot.pt",
        metrics=f"{PRETRAIN}/metrics.csv",
        history=f"{PRETRAIN}/history.csv",
        config=f"{PRETRAIN}/config.gin",
    log:
        f"logs/{PRETRAIN}.log",
    conda:
        "../envs/selfstudy.yaml"
    threads: config["resources"]["pretrain"]["threads"]
    resources:
        mem_mb=config["resources"]["pretrain"]["mem_mb"],
        runtime=config["resources"]["pretrain"]["runtime"],
        gpu=1,
    params:
        gin=pretrain_gin,
        gin_text=lambda w: gin_fingerprint(pretrain_gin(w)),
        seed=config["seed"],
        code=lambda w: run_code(w, "training.run"),
    script:
        "../workflow/scripts/pretrain.py"
