"""A private Slurm of one node, with fake GPUs, for as long as a test needs it.

It has a slurmctld, a slurmd and a munged of its own, and keeps accounting, if it is to, with a
slurmdbd and a database of its own. Nothing of it lies outside its folder.
"""

import getpass
import os
import secrets
import socket
import subprocess
import time
from contextlib import contextmanager
from pathlib import Path

import accounting
from daemons import LIMIT, Daemons, find_ports, find_program

PROGRAMS = (
    *("munged", "slurmctld", "slurmd", "squeue", "sbatch", "srun", "scancel", "scontrol"),
    *accounting.PROGRAMS,
)
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
ProctrackType=proctrack/pgid
TaskPlugin=task/none
MpiDefault=none
SwitchType=switch/none
JobAcctGatherType=jobacct_gather/none
SelectType=select/cons_tres
SelectTypeParameters=CR_CPU_Memory
SchedulerParameters=sched_interval=1,sched_min_interval=0,batch_sched_delay=0
GresTypes=gpu
ReturnToService=2
KillWait=15
PropagateResourceLimits=NONE
SlurmdParameters=config_overrides
NodeName={host} NodeAddr=127.0.0.1 CPUs=4 RealMemory=16000 Gres=gpu:2 State=UNKNOWN
PartitionName=gpu Nodes={host} Default=YES MaxTime=INFINITE State=UP
"""
# Snakemake's question for its jobs is answered as soon as another one has ended, since it asks less
# and less often as long as none has; but at once where a file `hurry` says so.
SQUEUE = """#!/bin/sh
case "$*" in *--states=all*) ;; *) exec {squeue} "$@" ;; esac
for last; do :; done
before=$(cat {folder}/ended.$last 2>/dev/null || echo 0)
for _ in $(seq 150); do
    answer=$({squeue} "$@") || exit
    ended=$(echo "$answer" | grep -cvE '[|](PENDING|CONFIGURING|RUNNING|COMPLETING)$')
    [ "$ended" -gt "$before" ] || [ -e {folder}/hurry ] && break
    sleep 0.3
done
echo "$ended" >{folder}/ended.$last
echo "$answer"
echo >>{folder}/answers
"""


def missing():
    """Slurm's programs that are not installed."""
    return [name for name in PROGRAMS if find_program(name) is None]


class Cluster:
    """The cluster, running between entering and leaving.

    `environment` is that of a user's shell on it.
    """

    def __init__(self, folder, accounting):
        self.folder, self.accounting = Path(folder), accounting
        self.host = socket.gethostname().split(".")[0]
        self.environment = {
            **{name: value for name, value in os.environ.items() if not name.startswith("SLURM")},
            "SLURM_CONF": str(self.folder / "slurm.conf"),
            "PATH": f"{self.folder / 'bin'}:{os.environ['PATH']}",
        }
        self.daemons = Daemons(self.folder, self.environment)

    def __enter__(self):
        try:
            self._configure()
            self._start_munge()
            if self.accounting:
                accounting.start_accounting(self)
            self.daemons.start("slurmctld", "-D")
            self.daemons.start("slurmd", "-D")
            self.daemons.wait(lambda: self.ask("sinfo", "--format=%T") == "idle")
        except BaseException:
            self.daemons.stop()
            raise
        return self

    def __exit__(self, *error):
        try:
            self.run("scancel", f"--user={getpass.getuser()}")
            self.wait(lambda: not self.ask("squeue"))
        finally:
            self.daemons.stop()

    def run(self, *command):
        """Run one of Slurm's commands; give what it printed."""
        done = subprocess.run(
            command, env=self.environment, capture_output=True, text=True, check=False
        )
        return done.stdout

    def ask(self, command, *options):
        """Run one of Slurm's commands that print a table; give its rows."""
        return self.run(command, "--noheader", *options).strip()

    def wait(self, condition):
        """Wait for something to happen; give it."""
        end = time.monotonic() + LIMIT
        while not (found := condition()):
            assert time.monotonic() < end, self.run("squeue", "--states=all")
            time.sleep(0.05)
        return found

    def running(self, rule):
        """The number of a running job of a rule, by the comment that Snakemake gives it."""
        for line in self.ask("squeue", "--states=R", "--format=%i %k").splitlines():
            number, _, comment = line.partition(" ")
            if rule in comment:
                return number
        return None

    def has_steps(self, job):
        """Whether processes of a job are on the node: slurmd keeps a socket for each step."""
        return any((self.folder / "spool").glob(f"*_{job}.*"))

    def lose_node(self):
        """Lose the node and all that runs on it."""
        self._update(nodename=self.host, state="down", reason="test")

    def restart(self, job):
        """Have a job that lost its node begin again; give whether it has.

        Slurm lets it wait for two minutes, drains the node if the job's end was not all there, and
        holds the job if it is sent to the node before that.
        """
        self._update(nodename=self.host, state="resume")
        self._update(jobid=job, starttime="now")
        self.run("scontrol", "release", job)
        return self.has_steps(job)

    def freeze(self, job):
        """Have a job's processes sleep until it is cancelled, or its time is over."""
        self.run("scancel", "--signal=STOP", job)

    def time_out(self, job):
        """Let a job's time be over, which Slurm sees within half a minute."""
        self.freeze(job)
        self._update(jobid=job, endtime="now")

    def states(self, job):
        """All states that accounting has for a job that is over, the last one last."""
        options = ("--allocations", "--duplicates", "--parsable2", "--format=state")

        def over():
            states = self.ask("sacct", f"--jobs={job}", *options).splitlines()
            return None if {"PENDING", "RUNNING"} & set(states) else states

        return self.wait(over)

    @contextmanager
    def hurried(self):
        """Answer Snakemake's questions at once; enter just after it has been answered."""
        hurry, answers = self.folder / "hurry", self.folder / "answers"
        before = answers.stat().st_size if answers.exists() else 0
        hurry.touch()
        self.wait(lambda: answers.exists() and answers.stat().st_size > before)
        time.sleep(1)  # while it asks, it knows of no jobs that an interruption could cancel
        yield
        hurry.unlink()

    def _update(self, **values):
        self.run("scontrol", "update", *(f"{name}={value}" for name, value in values.items()))

    def _configure(self):
        for name in ("state", "spool", "bin", "dev"):
            (self.folder / name).mkdir(parents=True)
        self.folder.chmod(0o711)  # munge wants to know who can reach its socket
        self.names = {
            "folder": self.folder,
            "host": self.host,
            "user": getpass.getuser(),
            "ports": find_ports(4),
            "password": secrets.token_hex(),
            "squeue": find_program("squeue"),
            "srun": find_program("srun"),
        }
        self.write(
            "slurm.conf", SETTINGS + (accounting.SETTINGS if self.accounting else accounting.NONE)
        )
        for number in range(2):  # only a character device counts as a GPU
            (self.folder / f"dev/gpu{number}").symlink_to("/dev/null")
        self.write(
            "gres.conf", "NodeName={host} Name=gpu File={folder}/dev/gpu[0-1] Flags=no_gpu_env\n"
        )
        # The executor's job step forgets where the configuration is.
        srun = '#!/bin/sh\nexport SLURM_CONF={folder}/slurm.conf\nexec {srun} "$@"\n'
        self.write("bin/srun", srun, 0o755)
        self.write("bin/squeue", SQUEUE, 0o755)

    def _start_munge(self):
        key, munge = self.folder / "munge.key", self.folder / "munge.socket"
        key.touch(0o600)
        key.write_bytes(secrets.token_bytes(128))
        self.daemons.start(
            "munged",
            "--foreground",
            "--force",
            f"--key-file={key}",
            f"--socket={munge}",
            f"--pid-file={self.folder / 'munged.pid'}",
            f"--log-file={self.folder / 'munged.log'}",
            f"--seed-file={self.folder / 'munge.seed'}",
        )
        self.daemons.wait(munge.exists)

    def write(self, name, text, mode=0o644):
        """Write a file that tells where things are."""
        path = self.folder / name
        path.touch(mode)
        path.write_text(text.format(**self.names))
