# Images rendered elsewhere, CIFAR, or of one's own. Each dataset becomes one prepared array.


rule pack:
    input:
        lambda w: require(*sweep.datasets[w.dataset].places),
    output:
        f"{paths.packed}/imgs_{{bucket}}.h5",
    log:
        f"logs/{paths.packed}/imgs_{{bucket}}.log",
    wildcard_constraints:
        dataset=match_any(sweep.list_from("rendered")),
    conda:
        "../envs/selfstudy.yaml"
    threads: resources["prepare"]["threads"]
    resources:
        mem_mb=resources["prepare"]["mem_mb"],
        runtime=resources["prepare"]["runtime"],
    params:
        own=lambda w: own.identify_dataset(w.dataset),
        seed=config["seed"],
        code=fingerprint_job("pack", "data.pack"),
    script:
        "../workflow/scripts/pack.py"


rule prepare:
    input:
        lambda w: sweep.list_packed(w.dataset),
    output:
        paths.prepared,
    log:
        f"logs/{paths.prepared}.log",
    wildcard_constraints:
        dataset=match_any(sweep.rendered),
    conda:
        "../envs/selfstudy.yaml"
    threads: resources["prepare"]["threads"]
    resources:
        mem_mb=resources["prepare"]["mem_mb"],
        runtime=resources["prepare"]["runtime"],
    params:
        color=config["color"],
        seed=config["seed"],
        made=lambda w: (
            sweep.rendering if w.dataset in sweep.list_from("render") else {"seed": config["seed"]}
        ),
        code=fingerprint_job("prepare", "data.prepare"),
    script:
        "../workflow/scripts/prepare.py"


rule prepare_cifar:
    output:
        paths.prepared,
    log:
        f"logs/{paths.prepared}.log",
    wildcard_constraints:
        dataset=match_any(sweep.list_from("cifar10", "cifar100")),
    conda:
        "../envs/selfstudy.yaml"
    threads: resources["prepare"]["threads"]
    resources:
        mem_mb=resources["prepare"]["mem_mb"],
        runtime=resources["prepare"]["runtime"],
    params:
        source=lambda w: config["datasets"][w.dataset]["source"],
        color=config["color"],
        code=fingerprint_job("prepare_cifar", "data.cifar"),
    script:
        "../workflow/scripts/prepare_cifar.py"


rule prepare_images:
    input:
        lambda w: require(*sweep.datasets[w.dataset].places),
    output:
        paths.prepared,
    log:
        f"logs/{paths.prepared}.log",
    wildcard_constraints:
        dataset=match_any(sweep.list_from("images")),
    conda:
        "../envs/selfstudy.yaml"
    threads: resources["prepare"]["threads"]
    resources:
        mem_mb=resources["prepare"]["mem_mb"],
        runtime=resources["prepare"]["runtime"],
    params:
        own=lambda w: own.identify_dataset(w.dataset),
        options=lambda w: sweep.datasets[w.dataset].preparation,
        color=config["color"],
        seed=config["seed"],
        code=fingerprint_job("prepare_images", "data.images"),
    script:
        "../workflow/scripts/prepare_images.py"


rule prepare_collection:
    input:
        lambda w: require(sweep.datasets[w.dataset].place),
    output:
        paths.prepared,
    log:
        f"logs/{paths.prepared}.log",
    wildcard_constraints:
        dataset=match_any(sweep.list_from(*COLLECTIONS)),
    conda:
        "../envs/selfstudy.yaml"
    threads: resources["prepare"]["threads"]
    resources:
        mem_mb=resources["prepare"]["mem_mb"],
        runtime=resources["prepare"]["runtime"],
    params:
        own=lambda w: own.identify_dataset(w.dataset),
        source=lambda w: sweep.datasets[w.dataset].source,
        collection=lambda w: sweep.datasets[w.dataset].collection,
        options=lambda w: sweep.datasets[w.dataset].preparation,
        color=config["color"],
        seed=config["seed"],
        code=lambda w: fingerprint_job(
            "prepare_collection",
            "data.images",
            f"data.collected.{sweep.datasets[w.dataset].source}",
        ),
    script:
        "../workflow/scripts/prepare_collection.py"
