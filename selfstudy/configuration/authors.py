"""The names of the study's authors, and what they are here: one table.

A run of theirs is put together from flags that must agree: the task, the network, two views or one.
Here these follow from the method or the task, so that such flags say nothing new.
"""

from collections.abc import Iterator

from selfstudy.errors import ConfigurationError

# Theirs, and ours for the same.
RENAMED: dict[str, tuple[str, ...]] = {
    "AMDIMTask.tclip": ("AMDIM.tclip", "AMDIMRef.tclip"),
    "BaseDataset.semisupervised": ("session.labels",),
    "DepthTask.use_l2": ("Depth.use_l2",),
    "VAETask.lmd": ("VAE.lmd",),
    "Wrapper.model_choice": ("session.method",),
    "Wrapper.pretrained": ("session.start",),
    "Wrapper.run_classifier": ("session.probes",),
    **{
        f"BaseDataset.{name}": (f"rounds.{name}",)
        for name in ("chunk_size", "max_images", "min_round", "remote_loading")
    },
    **{f"CMCModel.{name}": (f"CMC.{name}",) for name in ("nce_k", "nce_m", "nce_t")},
    **{
        f"VAEModel.{name}": (f"VAE.{name}",)
        for name in ("decoder_width", "do_reparameterize", "inpainting", "output_res")
    },
    **{
        f"AMDIMRefModel.{name}": (f"AMDIMEncoder.{name}",)
        for name in ("encoder_size", "n_depth", "n_rkhs", "ndf", "use_bn")
    },
}
# What follows from the method, the task or the dataset, or happens by itself.
DERIVED = {
    "BaseDataset.double_sample",
    "BaseDataset.predict_pose",
    "BaseDataset.use_fp16",
    "CMCModel.dataset_size",
    "Wrapper.out_classes",
    "Wrapper.run_selfsup",
    "dataloader.num_workers",
    "dataloader.shuffle",
    "scheduler.metric",
    "session.keep_bn_f32",
    "session.use_apex",
}
# Of which few values have a counterpart: these, and what to write in place of another.
ONLY: dict[str, tuple[tuple[object, ...], str]] = {
    "Wrapper.finetune_selfsup": ((True,), "session.frozen = True trains a head alone"),
    "Wrapper.ignore_pretrained_fc": ((True,), "heads are always new"),
    "Wrapper.warmup_fc": (
        (0,),
        "train a run with session.frozen = True, and start from its snapshot",
    ),
    "augment.do_augment": (
        (None, False),
        "training images alone are augmented, as augment.flip and the like say",
    ),
    "scheduler.final_lr": ((None,), "the last of scheduler.target_lrs is the final rate"),
    "scheduler.scheduler_fn": (
        ("LambdaLR",),
        "scheduler.milestones and scheduler.target_lrs say the learning rate",
    ),
    "session.model": (("Wrapper",), "session.method or session.task says what is trained"),
}
# Their tasks' classes: a pretext method's say no more than the method does.
PRETEXT_TASKS = {"AMDIMTask", "CMCTask", "RotateTask", "VAETask"}
CLASSIFY, DEPTH = "ClassifyTask", "DepthTask"
# Flags that choose among the tasks that are one class of theirs, and the tasks that each allows.
FLAGS = {
    "ClassifyTask.is_pose": ("pose",),
    "ClassifyTask.is_dense": ("segment",),
    "Wrapper.dense_pred": ("segment", "depth"),
}
SESSION_TASK = "session.task"
TASK = {SESSION_TASK, *FLAGS}
START = "Wrapper.pretrained"
BACKBONE = {"init_resnet.choice", "init_resnet.pretrained"}
AUGMENT, FROZEN = "augment.do_augment", "Wrapper.finetune_classifier"
OPTIMIZER = "optimizer.optim_fn"
AUGMENTATIONS = {
    f"augment.{name}" for name in ("color_jitter", "cutout", "crop", "flip", "grayscale")
}
KNOWN = {*RENAMED, *DERIVED, *ONLY, *FLAGS, *BACKBONE, FROZEN}
TRANSLATED = {*KNOWN, *AUGMENTATIONS, SESSION_TASK, OPTIMIZER}


class Authors:
    """Translates bindings in the order in which they are said.

    Attributes:
        said: the last value of each of their names.
    """

    def __init__(self) -> None:
        self.said: dict[str, object] = {}

    def translate(self, name: str, value: object) -> Iterator[tuple[str, object]]:
        """Translate a binding into ours, any number of them; ours stay as they are.

        Raises:
            ConfigurationError: it has no counterpart here; it says what to write instead.
        """
        self.said[name] = value
        if name in ONLY:
            values, instead = ONLY[name]
            if value not in values:
                raise ConfigurationError(f"{name} = {value!r} is not known here: {instead}")
        if name == SESSION_TASK:
            yield from self._translate_task()
        elif name in FLAGS:
            yield from self._translate_flag(name)
        elif name in BACKBONE or name == START:
            yield from self._translate_start(name)
        elif name in RENAMED:
            none = name == "Wrapper.model_choice" and value == "resnet"
            yield from ((ours, None if none else value) for ours in RENAMED[name])
        elif name == FROZEN:
            yield "session.frozen", not value
        elif name == AUGMENT:
            if value is False:
                yield from ((each, False) for each in AUGMENTATIONS)
        elif name in AUGMENTATIONS:
            yield name, value if self.said.get(AUGMENT) is not False else False
        elif (name, value) == (OPTIMIZER, "FusedAdam"):
            yield name, "AdamW"  # NVIDIA's decays weights by themselves, too
        elif name not in DERIVED and name not in ONLY:
            yield name, value

    def _translate_task(self) -> Iterator[tuple[str, object]]:
        """One class of theirs is three of our tasks."""
        task = self.said[SESSION_TASK]
        if task == CLASSIFY:
            yield SESSION_TASK, self._find_classification()
        elif task == DEPTH:
            yield SESSION_TASK, "depth"
        elif task in PRETEXT_TASKS:
            yield SESSION_TASK, None
        else:
            for flag in FLAGS:  # said of another task
                self.said.pop(flag, None)
            yield SESSION_TASK, task

    def _translate_flag(self, name: str) -> Iterator[tuple[str, object]]:
        """A flag chooses among classifications; of other tasks it may say what they are."""
        task, value = self.said.get(SESSION_TASK), self.said[name]
        if task in (CLASSIFY, "classify"):
            yield SESSION_TASK, self._find_classification()
        elif task not in (None, DEPTH, *PRETEXT_TASKS) and bool(value) != (task in FLAGS[name]):
            raise ConfigurationError(
                f"{name} = {value!r}: it follows from session.task = {task!r}: leave it out"
            )

    def _find_classification(self) -> str:
        dense = self.said.get("Wrapper.dense_pred", self.said.get("ClassifyTask.is_dense"))
        single = "pose" if self.said.get("ClassifyTask.is_pose") else "classify"
        return "segment" if dense else single

    def _translate_start(self, name: str) -> Iterator[tuple[str, object]]:
        """A run's weights take the place of public ones, whichever is said first."""
        choice = self.said.get("init_resnet.choice", "resnet9")
        run, public = self.said.get(START), self.said.get("init_resnet.pretrained")
        if name != START:
            yield "session.backbone", choice
        if name != "init_resnet.choice" or public:
            yield "session.start", run or ({"torchvision": choice} if public else None)
