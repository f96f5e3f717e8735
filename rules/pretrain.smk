# One pretraining run per dataset, backbone, pretext method, number of images and seed of pretraining.


rule pretrain:
    input:
        data=lambda w: sweep.require_prepared(w.dataset),
    output:
        snapshot=f"{paths.pretrain}/snapshot.pt",
        metrics=f"{paths.pretrain}/metrics.csv",
        history=f"{paths.pretrain}/history.csv",
        config=f"{paths.pretrain}/config.gin",
    log:
        f"logs/{paths.pretrain}.log",
    wildcard_constraints:
        pretext=match_any(sweep.pretraining),
        pretrain_seed=match_any(map(str, sweep.networks)),
    conda:
        "../envs/selfstudy.yaml"
    threads: resources["pretrain"]["threads"]
    resources:
        mem_mb=resources["pretrain"]["mem_mb"],
        runtime=resources["pretrain"]["runtime"],
        gpu=1,
    params:
        own=lambda w: own.identify_dataset(w.dataset),
        gin=lambda w: configure_pretraining(sweep, **w),
        gin_text=lambda w: fingerprint_gin(configure_pretraining(sweep, **w)),
        start=lambda w: own.identify_start(sweep.find_weights(w.pretext)),
        seed=lambda w: int(w.pretrain_seed),
        code=lambda w: fingerprint_run("pretrain", "training.run", **find_modules(sweep, **w)),
    script:
        "../workflow/scripts/pretrain.py"
