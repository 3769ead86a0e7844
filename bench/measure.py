# SPDX-License-Identifier: ISC
"""What a tree of processes costs: CPU and context switches from /proc, system calls by strace."""

import collections
import os
import pathlib
import re
import signal
import subprocess
import tempfile
import time

TICK_S = 1 / os.sysconf("SC_CLK_TCK")
FLUSHES = ("fsync", "fdatasync", "syncfs", "sync_file_range")


def parents():
    """Process number -> parent's, for all processes."""
    table = {}
    for entry in pathlib.Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                table[int(entry.name)] = int((entry / "stat").read_text().rpartition(")")[2].split()[1])
            except (OSError, IndexError):
                pass
    return table


def tree(root):
    """A process and all below it."""
    table = parents()
    members, grown = {root}, True
    while grown:
        more = {pid for pid, parent in table.items() if parent in members} - members
        members |= more
        grown = bool(more)
    return members


def cpu_of(pid, with_children):
    fields = pathlib.Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    own = int(fields[11]) + int(fields[12])
    return (own + (int(fields[13]) + int(fields[14]) if with_children else 0)) * TICK_S


def switches_of(pid):
    return sum(int(n) for n in re.findall(r"ctxt_switches:\s+(\d+)", pathlib.Path(f"/proc/{pid}/status").read_text()))


class Meter:
    """CPU seconds and context switches of a master and its children while the block runs. What ended meanwhile
    counts by its CPU (the master collects it), not by its switches."""

    def __init__(self, master):
        self.master = master()

    def sample(self):
        cpu, switches = 0.0, {}
        for pid in tree(self.master):
            try:
                cpu += cpu_of(pid, pid == self.master)
                switches[pid] = switches_of(pid)
            except OSError:
                pass
        return cpu, switches

    def __enter__(self):
        self.before = self.sample()
        return self

    def __exit__(self, *exc):
        cpu, switches = self.sample()
        self.cpu_s = cpu - self.before[0]
        self.switches = sum(count - self.before[1].get(pid, 0) for pid, count in switches.items())


def count_calls(master, work, units):
    """System calls, flush calls and context switches per unit while work() runs."""
    with tempfile.TemporaryDirectory() as directory:
        out = pathlib.Path(directory) / "calls"
        pids = [arg for pid in sorted(tree(master())) for arg in ("-p", str(pid))]
        work()                                          # warm: connections and processes exist
        with Meter(master) as meter:
            work()
        tracer = subprocess.Popen(["strace", "-f", "-c", "-o", out, *pids], stderr=subprocess.DEVNULL)
        time.sleep(1.0)
        work()
        tracer.send_signal(signal.SIGINT)
        tracer.wait()
        counts = collections.Counter()
        for line in out.read_text().splitlines():
            match = re.match(r"\s*[\d.]+\s+[\d.]+\s+\d+\s+(\d+)\s+(?:\d+\s+)?(\w+)$", line)
            if match and match.group(2) != "total":
                counts[match.group(2)] += int(match.group(1))
    return {"calls": sum(counts.values()) / units, "flushes": sum(counts[name] for name in FLUSHES) / units,
            "switches": meter.switches / units, "top": [(name, count / units) for name, count in counts.most_common(14)]}
