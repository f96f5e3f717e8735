# Images: rendered into twelve buckets, then prepared as one array.


rule render:
    output:
        f"{PACKED}/imgs_{{bucket}}.h5",
    params:
        images=lambda w: config["datasets"][w.dataset]["images"] // BUCKETS,
        resolution=config["rendering"]["resolution"],
        seed=config["rendering"]["seed"],
        code=code_fingerprint("render"),
    log:
        "logs/" + f"{PACKED}/imgs_{{bucket}}.log",
    threads: config["resources"]["render"]["threads"]
    resources:
        mem_mb=config["resources"]["render"]["mem_mb"],
        runtime=config["resources"]["render"]["runtime"],
    conda:
        "../envs/selfstudy.yaml"
    script:
        "../workflow/scripts/render.py"


rule prepare:
    input:
        buckets,
    output:
        PREPARED,
    params:
        **config["prepared"],
        seed=config["seed"],
        code=code_fingerprint("prepare"),
    log:
        "logs/" + PREPARED + ".log",
    threads: config["resources"]["prepare"]["threads"]
    resources:
        mem_mb=config["resources"]["prepare"]["mem_mb"],
        runtime=config["resources"]["prepare"]["runtime"],
    conda:
        "../envs/selfstudy.yaml"
    script:
        "../workflow/scripts/prepare.py"
