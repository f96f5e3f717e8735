# Images: rendered into twelve buckets, then prepared as one array.


rule render:
    output:
        f"{PACKED}/imgs_{{bucket}}.h5",
    log:
        f"logs/{PACKED}/imgs_{{bucket}}.log",
    conda:
        "../envs/selfstudy.yaml"
    threads: config["resources"]["render"]["threads"]
    resources:
        mem_mb=config["resources"]["render"]["mem_mb"],
        runtime=config["resources"]["render"]["runtime"],
    params:
        images=lambda w: config["datasets"][w.dataset]["images"] // BUCKETS,
        resolution=config["rendering"]["resolution"],
        seed=config["rendering"]["seed"],
        code=code_fingerprint("rendering.render"),
    script:
        "../workflow/scripts/render.py"


rule prepare:
    input:
        buckets,
    output:
        PREPARED,
    log:
        f"logs/{PREPARED}.log",
    conda:
        "../envs/selfstudy.yaml"
    threads: config["resources"]["prepare"]["threads"]
    resources:
        mem_mb=config["resources"]["prepare"]["mem_mb"],
        runtime=config["resources"]["prepare"]["runtime"],
    params:
        colour=config["colour"],
        seed=config["seed"],
        code=code_fingerprint("data.prepare"),
    script:
        "../workflow/scripts/prepare.py"
