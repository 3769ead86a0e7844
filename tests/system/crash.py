# SPDX-License-Identifier: ISC
"""Mail under fire: numbered messages flow while processes are killed, and at the end every one is accounted for.

    flood = Flood(near, count=1000, addresses=[...])
    with Killer([near, far], seed=7) as killer:
        flood.run()
    wait_empty([near, far])
    problems = judge(flood.sent, find_copies(mail_dir), killer.kills)

The rule: a message answered with 250 exists at the end, or the bounce that returns it does. It exists more than once only if a process was
killed while it was under way. Of messages without an answer, or with another one, nothing is asked.
"""

import collections
import os
import random
import re
import signal
import stat
import threading
import time

from smtp_client import Closed

CONNECTIONS = 8
PER_SECOND = 60                 # new messages; so a flood lasts long enough to be shot at
PER_CONNECTION = 40
SENDER = "bounces@example.test"  # has a mailbox, for what is returned
PAUSE_S = (0.1, 0.4)            # between kills
SLACK_S = 0.1                   # between the clocks of files and of this process

BOUNCE = re.compile(rb'^Subject: Undelivered Mail Returned to Sender\n(?s:.*)boundary="([^"]+)"(?s:.*)\n--\1--\n\Z', re.M)

Sent = collections.namedtuple("Sent", "begun answered")
Kill = collections.namedtuple("Kill", "when program pid")


class Flood:
    """Sends until `count` messages were answered with 250, and on until is_enough() says so, but no longer than LIMIT_S after the count.
    sent: number -> times of those; tried: how many numbers were used."""

    LIMIT_S = 60

    def __init__(self, instance, count, addresses, sender=lambda number: SENDER, per_second=PER_SECOND, is_enough=lambda: True):
        self.instance, self.count, self.addresses = instance, count, addresses
        self.is_enough, self.stop_at = is_enough, None
        self.sender, self.per_second = sender, per_second
        self.lock = threading.Lock()
        self.sent = {}
        self.tried = self.connects = 0
        self.started = time.monotonic()

    def next_number(self):
        """None when all is done; waits while we are ahead of the rate."""
        with self.lock:
            if len(self.sent) >= self.count:
                self.stop_at = self.stop_at or time.monotonic() + self.LIMIT_S
                if self.is_enough() or time.monotonic() > self.stop_at:
                    return None
            self.tried += 1
            number = self.tried
        time.sleep(max(0, self.started + number / self.per_second - time.monotonic()))
        return number

    def connect(self):
        """As soon as somebody listens; every fourth one by TLS, where that is offered."""
        while True:
            client = None
            try:
                client = self.instance.smtp(timeout=60)
                self.connects += 1
                if "STARTTLS" in client.ehlo() and self.connects % 4 == 0:
                    client.starttls()
                    client.ehlo()
                return client
            except (OSError, Closed, AssertionError):
                if client:
                    client.close()
                time.sleep(0.05)

    def send(self, client, number):
        begun = time.time()
        address = self.addresses[number % len(self.addresses)]
        text = f"Subject: number {number}\r\n\r\n{'x' * (number * 37 % 3000)}\r\nend {number}\r\n"
        for line in (f"MAIL FROM:<{self.sender(number)}>", f"RCPT TO:<{address}>"):
            if client.cmd(line).code != 250:
                client.cmd("RSET")
                return
        if client.cmd("DATA").code != 354:
            client.cmd("RSET")
            return
        client.send_raw(text.encode() + b".\r\n")
        if client.reply().code == 250:
            with self.lock:
                self.sent[number] = Sent(begun, time.time())

    def session(self):
        client, used = None, 0
        while (number := self.next_number()) is not None:
            if used == PER_CONNECTION:
                client.close()
                client = None
            if client is None:
                client, used = self.connect(), 0
            try:
                self.send(client, number)
                used += 1
            except (OSError, Closed):
                client.close()
                client = None
        if client:
            client.close()

    def run(self):
        threads = [threading.Thread(target=self.session) for _ in range(CONNECTIONS)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()


def process_table():
    """Process number -> (parent, program)."""
    table = {}
    for name in os.listdir("/proc"):
        if name.isdigit():
            try:
                with open(f"/proc/{name}/stat", encoding="latin-1") as file:
                    head, _, tail = file.read().rpartition(")")
            except OSError:
                continue
            fields = tail.split()
            if fields[0] not in "ZX":
                table[int(name)] = int(fields[1]), head.partition("(")[2]
    return table


def descendants(root, table):
    """Everything below a process, at any depth."""
    family, found = [root], []
    while family:
        parent = family.pop()
        below = [pid for pid, (ppid, _) in table.items() if ppid == parent]
        found += below
        family += below
    return found


class Killer(threading.Thread):
    """SIGKILL at random moments. A program is chosen first, one of those that were killed least, then one of its processes."""

    def __init__(self, instances, seed, kills_master=False, is_due=lambda kills: True):
        """is_due: asked with the number of kills until now, at random moments, whether one more may be."""
        super().__init__()
        self.instances, self.kills_master, self.is_due = instances, kills_master, is_due
        self.random = random.Random(seed)
        self.done = threading.Event()
        self.kills = []
        self.failure = None
        print(f"killer: seed {seed}")

    def shoot(self, pid, program):
        when = time.time()
        try:
            os.kill(pid, signal.SIGKILL)
            self.kills.append(Kill(when, program, pid))
        except ProcessLookupError:
            pass

    def shoot_daemon(self, instance):
        table, master = process_table(), instance.master_pid()
        if master is None:
            return
        by_program = collections.defaultdict(list)
        for pid in descendants(master, table):
            by_program[table[pid][1]].append(pid)
        if by_program:
            counts = collections.Counter(kill.program for kill in self.kills)
            least = min(counts[program] for program in by_program)
            program = self.random.choice(sorted(p for p in by_program if counts[p] == least))
            self.shoot(self.random.choice(by_program[program]), program)

    def shoot_master(self, instance):
        """And start it again as soon as its lock is free: what it left behind must not be in the way."""
        master = instance.master_pid()
        if master is None:
            return
        self.shoot(master, "master")
        deadline = time.monotonic() + 5
        while instance.command("carteiro", "status", check=False).returncode == 0:
            assert time.monotonic() < deadline, "master was killed, and its lock is still held"
            time.sleep(0.005)
        instance.start()

    def spared(self, programs):
        """Which of them were never killed."""
        return programs - {kill.program for kill in list(self.kills)}

    def run(self):
        shoot = self.shoot_master if self.kills_master else self.shoot_daemon
        try:
            while not self.done.wait(self.random.uniform(*PAUSE_S)):
                if self.is_due(len(self.kills)):
                    shoot(self.random.choice(self.instances))
        except BaseException as failure:        # pylint: disable=broad-except
            self.failure = failure

    def __enter__(self):
        self.start()
        return self

    def __exit__(self, *exc):
        self.done.set()
        self.join()
        counts = collections.Counter(kill.program for kill in self.kills)
        print(f"killer: {len(self.kills)} kills: " + ", ".join(f"{n} {program}" for program, n in counts.most_common()))
        if self.failure and not exc[0]:
            raise self.failure


class Asker(threading.Thread):
    """Somebody who looks at the queue all the time, so that showq is there to be shot at."""

    def __init__(self, instance):
        super().__init__()
        self.instance = instance
        self.done = threading.Event()

    def run(self):
        while not self.done.wait(1):
            self.instance.command("postqueue", "-p", check=False)

    def __enter__(self):
        self.start()
        return self

    def __exit__(self, *exc):
        self.done.set()
        self.join()


def waiting(instance):
    """Queue files that were accepted: those with the ready mark."""
    found = []
    for name in ("incoming", "active", "deferred"):
        for path in (instance.queue_dir / name).rglob("*"):
            try:
                mode = path.stat().st_mode
            except FileNotFoundError:
                continue
            if stat.S_ISREG(mode) and mode & 0o100:
                found.append(path)
    return found


def wait_empty(instances, timeout):
    """Until no instance has anything left to deliver."""
    deadline = time.monotonic() + timeout
    while any(waiting(instance) for instance in instances):
        left = [str(path) for instance in instances for path in waiting(instance)]
        assert time.monotonic() < deadline, f"{len(left)} files are still queued after {timeout} s: {left[:5]}"
        time.sleep(0.2)


def find_copies(mail_dir):
    """Number -> the times at which its copies were written, in order. Every file in the Maildirs must be a whole message or bounce."""
    copies = collections.defaultdict(list)
    for path in mail_dir.glob("*/new/*"):
        text = path.read_bytes()
        match = re.search(rb"^Subject: number (\d+)\n", text, re.M)
        end = b"\nend " + match.group(1) + b"\n" if match else None
        is_whole = match and (BOUNCE.search(text) if path.parts[-3] == "bounces" and end in text else text.endswith(end))
        assert is_whole, f"{path}: not a whole message: {text!r}"
        copies[int(match.group(1))].append(path.stat().st_mtime)
    return {number: sorted(times) for number, times in copies.items()}


def judge(sent, copies, kills):
    """What breaks the rule, one sentence each. Each copy too many needs a kill between the first byte sent and the last copy."""
    problems = []
    for number, facts in sorted(sent.items()):
        times = copies.get(number, [])
        if not times:
            problems.append(f"message {number} was answered with 250 and is lost")
            continue
        excuses = sum(facts.begun - SLACK_S <= kill.when <= times[-1] + SLACK_S for kill in kills)
        if len(times) - 1 > excuses:
            problems.append(f"message {number} is there {len(times)} times, and {excuses} kills happened while it was under way")
    return problems
