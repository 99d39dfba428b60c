"""What each work has to reach, and what it aims at."""

from dataclasses import dataclass
from typing import Literal

from bench.rows import Row


@dataclass(frozen=True, slots=True)
class Gate:
    """A figure's bound: reached, or missed. `full` marks a bound that is meant at SCALE=full alone.

    The bound is that of a machine on which the bare loop makes `yardstick.EXPECTED` events a second; `speed` is what it
    makes here as a share of that, and moves rates up and times down. A ratio or a size is the same on every machine.
    """

    figure: str
    sense: Literal["≥", "≤"]
    bound: float
    aim: float
    full: bool = False

    @property
    def is_absolute(self) -> bool:
        return not self.figure.endswith(_RATIOS_AND_SIZES)

    def here(self, speed: float) -> float:
        """The bound on this machine."""
        if not self.is_absolute:
            return self.bound
        return self.bound * speed if self.sense == "≥" else self.bound / speed

    def holds(self, row: Row, speed: float) -> bool | None:
        """None where the row has no such figure."""
        value = row.value(self.figure)
        if value is None:
            return None
        return value >= self.here(speed) if self.sense == "≥" else value <= self.here(speed)

    def told(self, speed: float) -> str:
        """The bound here, and in brackets as it is written, where that is scaled."""
        here = float(f"{self.here(speed):.3g}")
        written = f" ({self.bound:,g})" if self.is_absolute else ""
        return f"{self.figure} {self.sense} {here:,.10g}{written}"


_RATIOS_AND_SIZES = ("ratio", "growth", "mib_a_page", "memory_mib")
GATES: dict[str, tuple[Gate, ...]] = {
    "engine": (Gate("ratio", "≥", 0.85, 1.0), Gate("rate", "≥", 15_000, 20_000, full=True)),
    "engine with timeline and outbox": (Gate("rate", "≥", 10_000, 15_000),),
    "relay": (Gate("rate", "≥", 15_000, 25_000),),
    "main job": (Gate("rate", "≥", 1_000, 2_500), Gate("cpu_us", "≤", 1_200, 500)),
    "main job at 200/s": (
        Gate("p50_ms", "≤", 60, 40),
        Gate("p99_ms", "≤", 250, 100),
        Gate("cores", "≤", 1.2, 0.6),
    ),
    "main job beside 60 readers": (Gate("p99_ms", "≤", 1_000, 250),),
    "main job with ready-made campaigns": (Gate("rate", "≥", 1_000, 2_500),),
    "sums": (Gate("rate", "≥", 10_000, 15_000),),
    "cut": (Gate("memory_mib", "≤", 700, 500), Gate("gap_ms", "≤", 200, 100)),
    "fraud.assessed": (Gate("p99_ms", "≤", 100, 50),),
    "changes": (Gate("p99_ms", "≤", 1_000, 400), Gate("mib_a_page", "≤", 0.25, 0.1)),
    "screen": (Gate("p99_ms", "≤", 1_000, 500), Gate("mib_a_page", "≤", 0.25, 0.1)),
    "pages": (Gate("worst_p95_ms", "≤", 100, 50),),
    "360 view": (Gate("ratio", "≥", 0.7, 0.9), Gate("rate", "≥", 800, 1_000)),
    "create contacts": (Gate("rate", "≥", 500, 1_000),),
    "create contacts in batches": (Gate("rate", "≥", 8_000, 15_000),),
    "find by e-mail": (Gate("growth", "≤", 1.2, 1.1),),
    "one record matched": (Gate("p99_ms", "≤", 10, 5), Gate("growth", "≤", 1.2, 1.1)),
    "search": (Gate("p95_ms", "≤", 20, 10),),
    "customers": tuple(Gate(f"{kind}_growth", "≤", 1.2, 1.1) for kind in ("view", "past", "duplicates")),
    "audit": (Gate("rate", "≥", 200_000, 500_000),),
    "mailings": (Gate("rate", "≥", 1_000, 1_500), Gate("process_us", "≤", 1_000, 700)),
    "enrolments": (Gate("rate", "≥", 5_000, 7_500),),
    "segments": (Gate("rate", "≥", 5_000, 7_500),),
    "frequency caps": (Gate("growth", "≤", 1.2, 1.1),),
    "triage and routing": (Gate("rate", "≥", 500, 1_000),),
    "queue": (Gate("p99_ms", "≤", 30, 15),),
    "clocks": (Gate("p99_ms", "≤", 30, 15),),
    "suggestions": (Gate("p95_ms", "≤", 100, 50),),
    "timers": (Gate("cores", "≤", 0.1, 0.05),),
}


def verdicts(row: Row, speed: float, *, full: bool) -> list[tuple[Gate, bool | None]]:
    """Each gate of this row with what became of it on a machine of this speed."""
    return [(gate, gate.holds(row, speed)) for gate in GATES.get(row.work, ()) if full or not gate.full]
