"""A private Slurm of one node, with fake GPUs, for as long as a test needs it.

It has a slurmctld, a slurmd and a munged of its own, and keeps no accounting. Nothing of it lies
outside its folder.
"""

import getpass
import os
import secrets
import shutil
import socket
import subprocess
import time
from pathlib import Path

PROGRAMS = ("munged", "slurmctld", "slurmd", "squeue", "sbatch", "srun", "scancel", "scontrol")
LIMIT = 30  # seconds for anything to come up or go down
SETTINGS = """
ClusterName=test
SlurmctldHost={host}(127.0.0.1)
SlurmctldPort={ports[0]}
SlurmdPort={ports[1]}
SlurmUser={user}
SlurmdUser={user}
AuthType=auth/munge
AuthInfo=socket={folder}/munge.socket
CredType=cred/munge
StateSaveLocation={folder}/state
SlurmdSpoolDir={folder}/spool
SlurmctldPidFile={folder}/slurmctld.pid
SlurmdPidFile={folder}/slurmd.pid
SlurmctldLogFile={folder}/slurmctld.log
SlurmdLogFile={folder}/slurmd.log
ProctrackType=proctrack/linuxproc
TaskPlugin=task/none
MpiDefault=none
SwitchType=switch/none
JobAcctGatherType=jobacct_gather/none
AccountingStorageType=accounting_storage/none
SelectType=select/cons_tres
SelectTypeParameters=CR_CPU_Memory
SchedulerParameters=sched_interval=1,sched_min_interval=0,batch_sched_delay=0
GresTypes=gpu
ReturnToService=2
MinJobAge=3600
KillWait=15
PropagateResourceLimits=NONE
SlurmdParameters=config_overrides
NodeName={host} NodeAddr=127.0.0.1 CPUs=4 RealMemory=16000 Gres=gpu:2 State=UNKNOWN
PartitionName=gpu Nodes={host} Default=YES MaxTime=INFINITE State=UP
"""


def program(name):
    """The path of a program; the daemons are in folders that are not in everyone's PATH."""
    return shutil.which(name) or shutil.which(name, path="/usr/sbin:/sbin")


def missing():
    """Slurm's programs that are not installed."""
    return [name for name in PROGRAMS if program(name) is None]


class Cluster:
    """The cluster, running between entering and leaving.

    `environment` is that of a user's shell on it.
    """

    def __init__(self, folder):
        self.folder = Path(folder)
        self.host = socket.gethostname().split(".")[0]
        self.daemons = []
        self.environment = {
            **{name: value for name, value in os.environ.items() if not name.startswith("SLURM")},
            "SLURM_CONF": str(self.folder / "slurm.conf"),
            "PATH": f"{self.folder / 'bin'}:{os.environ['PATH']}",
        }

    def __enter__(self):
        self._configure()
        key, munge = self.folder / "munge.key", self.folder / "munge.socket"
        try:
            self._start(
                "munged",
                "--foreground",
                "--force",
                f"--key-file={key}",
                f"--socket={munge}",
                f"--pid-file={self.folder / 'munged.pid'}",
                f"--log-file={self.folder / 'munged.log'}",
                f"--seed-file={self.folder / 'munge.seed'}",
            )
            self._wait(munge.exists)
            self._start("slurmctld", "-D")
            self._start("slurmd", "-D")
            self._wait(lambda: self.run("sinfo", "--noheader", "--format=%T").strip() == "idle")
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *error):
        if len(self.daemons) == 3:
            self.run("scancel", f"--user={getpass.getuser()}")
            end = time.monotonic() + LIMIT
            while self.run("squeue", "--noheader").strip() and time.monotonic() < end:
                time.sleep(0.1)
        for daemon in reversed(self.daemons):
            daemon.terminate()
            try:
                daemon.wait(LIMIT)
            except subprocess.TimeoutExpired:
                daemon.kill()
                daemon.wait()

    def run(self, *command):
        """Run one of Slurm's commands; give what it printed."""
        done = subprocess.run(
            command, env=self.environment, capture_output=True, text=True, check=False
        )
        return done.stdout

    def running(self, rule):
        """The number of a running job of a rule, by the comment that Snakemake gives it."""
        for line in self.run("squeue", "--noheader", "--states=R", "--format=%i %k").splitlines():
            number, _, comment = line.partition(" ")
            if rule in comment:
                return number
        return None

    def has_steps(self, job):
        """Whether processes of a job are on the node: slurmd keeps a socket for each step."""
        return any((self.folder / "spool").glob(f"*_{job}.*"))

    def node(self, state):
        """Set the node `down`, or `resume` it."""
        self.run("scontrol", "update", f"nodename={self.host}", f"state={state}", "reason=test")

    def _configure(self):
        for name in ("state", "spool", "bin", "dev"):
            (self.folder / name).mkdir(parents=True)
        self.folder.chmod(0o711)  # munge wants to know who can reach its socket
        key = self.folder / "munge.key"
        key.touch(0o600)
        key.write_bytes(secrets.token_bytes(128))
        listening = [socket.create_server(("127.0.0.1", 0)) for _ in range(2)]
        ports = [server.getsockname()[1] for server in listening]
        for server in listening:
            server.close()
        text = SETTINGS.format(
            folder=self.folder, host=self.host, user=getpass.getuser(), ports=ports
        )
        (self.folder / "slurm.conf").write_text(text)
        for number in range(2):  # only a character device counts as a GPU
            (self.folder / f"dev/gpu{number}").symlink_to("/dev/null")
        gpus = f"NodeName={self.host} Name=gpu File={self.folder}/dev/gpu[0-1]\n"
        (self.folder / "gres.conf").write_text(gpus)
        # The executor's job step forgets where the configuration is.
        srun = self.folder / "bin/srun"
        srun.write_text(
            f'#!/bin/sh\nexport SLURM_CONF={self.folder}/slurm.conf\nexec {program("srun")} "$@"\n'
        )
        srun.chmod(0o755)

    def _start(self, name, *options):
        with (self.folder / f"{name}.out").open("w") as output:
            daemon = subprocess.Popen(
                [program(name), *options],
                env=self.environment,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        self.daemons.append(daemon)

    def _wait(self, condition):
        end = time.monotonic() + LIMIT
        while not condition():
            if time.monotonic() > end or any(d.poll() is not None for d in self.daemons):
                logs = [*self.folder.glob("*.log"), *self.folder.glob("*.out")]
                said = "\n".join(f"{log.name}: {log.read_text()[-500:]}" for log in logs)
                raise RuntimeError(f"Slurm did not come up: {said}")
            time.sleep(0.05)
