"""Results of surveys as they are shown."""

from typing import Literal

from pydantic import BaseModel


class Result(BaseModel):
    """The answers of a survey, all that were asked for or a part of them: a product, a channel, a day, a month.

    `score`: CSAT is how many of a hundred are satisfied (4 and above), NPS promoters (9, 10) less detractors (0 to 6)
    of a hundred, CES the mean. `high` are satisfied, promoters, or had little effort (5 and above); `low` are 2 and
    below, detractors, or 3 and below.
    """

    survey: Literal["csat", "nps", "ces"]
    part: str
    answers: int
    mean: float
    high: int
    low: int
    score: float
