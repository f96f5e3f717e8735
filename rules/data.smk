# Images: rendered here or elsewhere, in twelve buckets; CIFAR; or of one's own. Each becomes one
# prepared array.


rule meshes:
    input:
        lambda w: folders_below(config["rendering"]["meshes"]),
    output:
        f"{DATA}/meshes.h5",
    log:
        f"logs/{DATA}/meshes.log",
    conda:
        "../envs/selfstudy.yaml"
    threads: config["resources"]["prepare"]["threads"]
    resources:
        mem_mb=config["resources"]["prepare"]["mem_mb"],
        runtime=config["resources"]["prepare"]["runtime"],
    params:
        folder=config.get("rendering", {}).get("meshes"),
        code=fingerprint_code("rendering.meshes"),
    script:
        "../workflow/scripts/meshes.py"


rule textures:
    input:
        lambda w: folders_below(config["rendering"]["textures"]),
    output:
        f"{DATA}/textures.h5",
    log:
        f"logs/{DATA}/textures.log",
    conda:
        "../envs/selfstudy.yaml"
    threads: config["resources"]["prepare"]["threads"]
    resources:
        mem_mb=config["resources"]["prepare"]["mem_mb"],
        runtime=config["resources"]["prepare"]["runtime"],
    params:
        folder=config.get("rendering", {}).get("textures"),
        code=fingerprint_code("rendering.own_textures"),
    script:
        "../workflow/scripts/textures.py"


rule render:
    input:
        **COLLECTED,
    output:
        f"{PACKED}/imgs_{{bucket}}.h5",
    log:
        f"logs/{PACKED}/imgs_{{bucket}}.log",
    wildcard_constraints:
        dataset=of_source("render"),
    conda:
        "../envs/selfstudy.yaml"
    threads: config["resources"]["render"]["threads"]
    resources:
        mem_mb=config["resources"]["render"]["mem_mb"],
        runtime=config["resources"]["render"]["runtime"],
    params:
        images=lambda w: DATASETS[w.dataset]["images"] // BUCKETS,
        settings=render_settings,
        code=fingerprint_code("rendering.render"),
    script:
        "../workflow/scripts/render.py"


rule pack:
    input:
        lambda w: f"{DATASETS[w.dataset]['folder']}/img",
    output:
        f"{PACKED}/imgs_{{bucket}}.h5",
    log:
        f"logs/{PACKED}/imgs_{{bucket}}.log",
    wildcard_constraints:
        dataset=of_source("rendered"),
    conda:
        "../envs/selfstudy.yaml"
    threads: config["resources"]["prepare"]["threads"]
    resources:
        mem_mb=config["resources"]["prepare"]["mem_mb"],
        runtime=config["resources"]["prepare"]["runtime"],
    params:
        folder=lambda w: DATASETS[w.dataset]["folder"],
        seed=config["seed"],
        code=fingerprint_code("data.pack"),
    script:
        "../workflow/scripts/pack.py"


rule prepare:
    input:
        buckets,
    output:
        PREPARED,
    log:
        f"logs/{PREPARED}.log",
    wildcard_constraints:
        dataset=of_source("render", "rendered"),
    conda:
        "../envs/selfstudy.yaml"
    threads: config["resources"]["prepare"]["threads"]
    resources:
        mem_mb=config["resources"]["prepare"]["mem_mb"],
        runtime=config["resources"]["prepare"]["runtime"],
    params:
        colour=config["colour"],
        seed=config["seed"],
        code=fingerprint_code("data.prepare"),
    script:
        "../workflow/scripts/prepare.py"


rule prepare_cifar:
    output:
        PREPARED,
    log:
        f"logs/{PREPARED}.log",
    wildcard_constraints:
        dataset=of_source("cifar10", "cifar100"),
    conda:
        "../envs/selfstudy.yaml"
    threads: config["resources"]["prepare"]["threads"]
    resources:
        mem_mb=config["resources"]["prepare"]["mem_mb"],
        runtime=config["resources"]["prepare"]["runtime"],
    params:
        dataset=lambda w: DATASETS[w.dataset],
        colour=config["colour"],
        code=fingerprint_code("data.cifar"),
    script:
        "../workflow/scripts/prepare_cifar.py"


rule prepare_images:
    input:
        own_images,
    output:
        PREPARED,
    log:
        f"logs/{PREPARED}.log",
    wildcard_constraints:
        dataset=of_source("images"),
    conda:
        "../envs/selfstudy.yaml"
    threads: config["resources"]["prepare"]["threads"]
    resources:
        mem_mb=config["resources"]["prepare"]["mem_mb"],
        runtime=config["resources"]["prepare"]["runtime"],
    params:
        dataset=lambda w: DATASETS[w.dataset],
        colour=config["colour"],
        seed=config["seed"],
        code=fingerprint_code("data.images"),
    script:
        "../workflow/scripts/prepare_images.py"
