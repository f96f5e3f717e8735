# Images that are rendered here, in twelve buckets, of embedded shapes or of what a user brings.


rule meshes:
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
        own=lambda w: own.identify_collection("meshes"),
        code=fingerprint_job("meshes", "rendering.meshes"),
    script:
        "../workflow/scripts/meshes.py"


rule textures:
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
        own=lambda w: own.identify_collection("textures"),
        code=fingerprint_job("textures", "rendering.own_textures"),
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
        code=fingerprint_job("render", "rendering.render"),
    script:
        "../workflow/scripts/render.py"
