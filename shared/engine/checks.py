"""What a service says of one of its parts when it is asked whether it works."""

from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True, slots=True)
class Check:
    """`failing` takes the service out of its load balancer, `degraded` only shows."""

    name: str
    state: Literal["ok", "degraded", "failing"] = "ok"
    detail: str = ""
