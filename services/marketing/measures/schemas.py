"""What came of a campaign, as it is shown."""

from typing import Literal

from pydantic import BaseModel

from services.marketing.catalogue.domain.steps import Survey
from services.marketing.catalogue.schemas import ContentType


class Measure(BaseModel):
    """How many messages of a campaign came back like this, by people and, apart from them, by programs that open and
    follow what nobody looks at. `label` names the link that was followed, or the video that was shown on its page, or
    of which `percent` were played.
    """

    kind: Literal["delivered", "hard", "soft", "complaint", "opened", "clicked", "shown", "watched"]
    label: str
    percent: int | None = None
    people: int
    machines: int


class Count(BaseModel):
    """How many by people, and how many with the programs that open and follow what nobody looks at."""

    people: int
    with_machines: int


class LetterMeasures(BaseModel):
    """Messages that were opened, and of which a link was followed. `unsubscribed`: their reader said by their link to
    want nothing more like them, or nothing at all.
    """

    opened: Count
    clicked: Count
    unsubscribed: int


class SurveyMeasure(BaseModel):
    """What was answered by the links of its letters; `score` is counted as `GET /v1/surveys` does."""

    survey: Survey
    answers: int
    mean: float
    score: float


class StepMeasure(BaseModel):
    """How many enrolments did a step of the tutorial, in whatever letter."""

    step: str
    done: Count


class TutorialMeasures(BaseModel):
    """In the order of the tutorial, by its newest version. `completed` did all of the steps."""

    steps: list[StepMeasure]
    completed: Count


class QuarterMeasure(BaseModel):
    """Messages of which at least so much of the video was played."""

    percent: int
    reached: Count


class VideoMeasures(BaseModel):
    """`impressions`: messages of which the page of the video was opened."""

    video: str
    impressions: Count
    watched: list[QuarterMeasure]


class Measures(BaseModel):
    """What came back of a campaign's messages, over all of its versions, and what its newest type counts: `letters` of
    an announcement and a newsletter, `surveys` of a survey, `videos` of a video, `tutorial` of a tutorial. `type` null:
    no campaign has the name.
    """

    campaign: str
    type: ContentType | None
    sent: int
    measures: list[Measure]
    letters: LetterMeasures | None = None
    surveys: list[SurveyMeasure] | None = None
    videos: list[VideoMeasures] | None = None
    tutorial: TutorialMeasures | None = None
