"""Why something was decided, told so that each reader says it in their own language."""

from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True, kw_only=True)
class CodedReason:
    """A reason as a stable code with its values: names of staff, skills and queues, words such as `email`, counts."""

    code: str
    values: dict[str, int | float | str] = field(default_factory=dict)
