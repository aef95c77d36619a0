"""Richards: Martin Richards' simulation of an operating system, whose tasks send packets to each other.

An idle task, a worker, two handlers and two devices are scheduled by priority. The worker sends packets to the
handlers in turn, which pass them on to their devices, byte by byte, and back. One run has a known number of queued
packets and of held tasks. Each task of the pool is such a run.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, field
from pathlib import Path

from programs import RunTasks

__all__ = ["prepare", "simulate", "solve"]

RUNS = 16
IDLE_STEPS = 10_000
PACKET_BYTES = 4

IDLE, WORKER, HANDLER_A, HANDLER_B, DEVICE_A, DEVICE_B = range(6)
DEVICE, WORK = range(2)  # kinds of packets


@dataclass(slots=True, eq=False)
class Packet:
    """Some bytes on their way; `owner` is the task that it was sent to, or that it came from."""

    owner: int
    kind: int
    position: int = 0
    data: list[int] = field(default_factory=lambda: [0] * PACKET_BYTES)


class Task:
    """One task of the system: its packets, and whether it may run."""

    def __init__(self, system: System, identity: int, packets: int = 0, kind: int = WORK, owner: int = IDLE) -> None:
        self.system, self.identity = system, identity
        self.packets = deque(Packet(owner, kind) for _ in range(packets))
        self.held = False
        self.waiting = bool(packets) or identity != IDLE

    @property
    def runnable(self) -> bool:
        """Whether the scheduler may choose it: a waiting task needs a packet."""
        return not self.held and (bool(self.packets) or not self.waiting)

    def run(self) -> Task | None:
        """Take a packet, if the task waits for one, and act; return the task to run next."""
        packet = None
        if self.waiting:
            packet = self.packets.popleft()
            self.waiting = False
        return self.act(packet)

    def act(self, packet: Packet | None) -> Task | None:
        """Do one step."""
        raise NotImplementedError

    def wait(self) -> Task:
        """Run again when there is a packet."""
        self.waiting = True
        return self


class Idle(Task):
    """Releases one of the devices at each step, chosen by a shift register, until its count is used up."""

    def __init__(self, system: System, steps: int) -> None:
        super().__init__(system, IDLE)
        self.control, self.count = 1, steps

    def act(self, _packet: Packet | None) -> Task | None:
        self.count -= 1
        if self.count == 0:
            return self.system.hold()
        odd = self.control & 1
        self.control = self.control // 2 ^ 0xD008 if odd else self.control // 2
        return self.system.release(DEVICE_B if odd else DEVICE_A)


class Worker(Task):
    """Fills each packet with letters and sends it to the handlers in turn."""

    destination = HANDLER_A
    letter = 0

    def act(self, packet: Packet | None) -> Task | None:
        if packet is None:
            return self.wait()
        self.destination = HANDLER_A + HANDLER_B - self.destination
        packet.owner, packet.position = self.destination, 0
        for index in range(PACKET_BYTES):
            self.letter = self.letter % 26 + 1
            packet.data[index] = ord("A") + self.letter - 1
        return self.system.send(packet)


class Handler(Task):
    """Sends the bytes of each packet from the worker to its device, one in each of the device's packets."""

    def __init__(self, system: System, identity: int, packets: int, device: int) -> None:
        super().__init__(system, identity, packets, DEVICE, device)
        self.work: deque[Packet] = deque()
        self.devices: deque[Packet] = deque()

    def act(self, packet: Packet | None) -> Task | None:
        if packet is not None:
            (self.work if packet.kind == WORK else self.devices).append(packet)
        if not self.work:
            return self.wait()
        first = self.work[0]
        if first.position >= PACKET_BYTES:
            return self.system.send(self.work.popleft())
        if not self.devices:
            return self.wait()
        to_device = self.devices.popleft()
        to_device.position = first.data[first.position]
        first.position += 1
        return self.system.send(to_device)


class Device(Task):
    """Holds itself with a packet, and sends it back when it is released."""

    pending: Packet | None = None

    def act(self, packet: Packet | None) -> Task | None:
        if packet is not None:
            self.pending = packet
            return self.system.hold()
        if self.pending is None:
            return self.wait()
        done, self.pending = self.pending, None
        return self.system.send(done)


class System:
    """The scheduler: tasks by identity; those with a greater one come first."""

    def __init__(self, steps: int) -> None:
        self.queued = self.holds = 0
        self.tasks: list[Task] = [
            Idle(self, steps),
            Worker(self, WORKER, packets=2),
            Handler(self, HANDLER_A, 3, DEVICE_A),
            Handler(self, HANDLER_B, 3, DEVICE_B),
            Device(self, DEVICE_A),
            Device(self, DEVICE_B),
        ]
        self.current = self.tasks[DEVICE_B]

    def schedule(self) -> None:
        """Run tasks until all are held or wait."""
        task: Task | None = self.tasks[DEVICE_B]
        while task is not None:
            if task.runnable:
                self.current = task
                task = task.run()
            else:
                task = self.tasks[task.identity - 1] if task.identity > IDLE else None

    def hold(self) -> Task | None:
        """Hold the current task; the next one is that of the next lower priority."""
        self.holds += 1
        self.current.held = True
        return self.tasks[self.current.identity - 1] if self.current.identity > IDLE else None

    def release(self, identity: int) -> Task:
        """Let a held task go on; it runs next if its priority is greater than that of the current one."""
        task = self.tasks[identity]
        task.held = False
        return task if identity > self.current.identity else self.current

    def send(self, packet: Packet) -> Task:
        """Give a packet to its owner, whose priority decides what runs next; from now on it is the sender's."""
        self.queued += 1
        target = self.tasks[packet.owner]
        packet.owner = self.current.identity
        first = not target.packets
        target.packets.append(packet)
        return target if first and target.identity > self.current.identity else self.current


def simulate(steps: int) -> tuple[int, int]:
    """Run the system; return how many packets were queued and how often a task was held."""
    system = System(steps)
    system.schedule()
    return system.queued, system.holds


def prepare(_folder: Path, scale: float) -> list[int]:
    """Return the number of steps of each run."""
    return [round(IDLE_STEPS * scale)] * RUNS


def solve(run_tasks: RunTasks, runs: list[int]) -> list[tuple[int, int]]:
    """Return the counts of each run."""
    return [tuple(counts) for counts in run_tasks(simulate, runs)]
