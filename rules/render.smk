# Images that are rendered here, in twelve buckets, of embedded shapes or of what a user brings.


rule meshes:
    input:
        lambda w: list_folders(config["rendering"]["meshes"]),
    output:
        f"{DATA}/meshes.h5",
    log:
        f"logs/{DATA}/meshes.log",
    conda:
        "../envs/selfstudy.yaml"
    threads: resources["prepare"]["threads"]
    resources:
        mem_mb=resources["prepare"]["mem_mb"],
        runtime=resources["prepare"]["runtime"],
    params:
        folder=config["rendering"].get("meshes"),
        code=fingerprint_modules("rendering.meshes"),
    script:
        "../workflow/scripts/meshes.py"


rule textures:
    input:
        lambda w: list_folders(config["rendering"]["textures"]),
    output:
        f"{DATA}/textures.h5",
    log:
        f"logs/{DATA}/textures.log",
    conda:
        "../envs/selfstudy.yaml"
    threads: resources["prepare"]["threads"]
    resources:
        mem_mb=resources["prepare"]["mem_mb"],
        runtime=resources["prepare"]["runtime"],
    params:
        folder=config["rendering"].get("textures"),
        code=fingerprint_modules("rendering.own_textures"),
    script:
        "../workflow/scripts/textures.py"


rule render:
    input:
        **sweep.collected,
    output:
        f"{paths.packed}/imgs_{{bucket}}.h5",
    log:
        f"logs/{paths.packed}/imgs_{{bucket}}.log",
    wildcard_constraints:
        dataset=match_any(sweep.list_from("render")),
    conda:
        "../envs/selfstudy.yaml"
    threads: resources["render"]["threads"]
    resources:
        mem_mb=resources["render"]["mem_mb"],
        runtime=resources["render"]["runtime"],
    params:
        images=lambda w: config["datasets"][w.dataset]["images"] // BUCKETS,
        settings=sweep.rendering,
        code=fingerprint_modules("rendering.render"),
    script:
        "../workflow/scripts/render.py"
