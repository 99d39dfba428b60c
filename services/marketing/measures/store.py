"""What came of a campaign, a typed function per statement."""

from collections.abc import Collection, Sequence
from pathlib import Path

from services.marketing.measures.schemas import (
    Count,
    LetterMeasures,
    Measure,
    QuarterMeasure,
    StepMeasure,
    SurveyMeasure,
    TutorialMeasures,
    VideoMeasures,
)
from services.marketing.surveys.domain.counting import score_of, sums_of_values
from shared.engine.transaction import Transaction
from shared.sql import load_queries

SQL = load_queries(Path(__file__).with_name("queries.sql"))
_QUARTERS = (25, 50, 75, 100)
_NOBODY = Count(people=0, with_machines=0)


async def count_sent(tx: Transaction, campaign: str) -> int:
    sent: int = await tx.fetchval(SQL["count_sent"], campaign)
    return sent


async def load_measures(tx: Transaction, campaign: str) -> list[Measure]:
    return [Measure(**row) for row in await tx.fetch(SQL["load_measures"], campaign)]


async def count_letters(tx: Transaction, campaign: str) -> LetterMeasures:
    row = await tx.fetchrow(SQL["count_letters"], campaign)
    left: int = await tx.fetchval(SQL["count_left"], campaign)
    opened, clicked = (Count(people=row[kind], with_machines=row[f"{kind}_by_all"]) for kind in ("opened", "clicked"))
    return LetterMeasures(opened=opened, clicked=clicked, unsubscribed=left)


async def count_replies(tx: Transaction, campaign: str) -> list[SurveyMeasure]:
    rows = await tx.fetch(SQL["count_replies"], campaign)
    sums = sums_of_values((row["survey"], row["value"], row["answers"]) for row in rows)
    return [
        SurveyMeasure(
            survey=survey,
            answers=each.answers,
            mean=round(each.total / each.answers, 2),
            score=score_of(survey, each),
        )
        for survey, each in sorted(sums.items())
    ]


async def count_watched(tx: Transaction, campaign: str, videos: Collection[str]) -> list[VideoMeasures]:
    """Of these videos, and of those that older versions had."""
    rows = await tx.fetch(SQL["count_watched"], campaign)
    counts = {
        (row["label"], row["percent"]): Count(people=row["people"], with_machines=row["with_machines"]) for row in rows
    }
    return [
        VideoMeasures(
            video=video,
            impressions=counts.get((video, 0), _NOBODY),
            watched=[QuarterMeasure(percent=each, reached=counts.get((video, each), _NOBODY)) for each in _QUARTERS],
        )
        for video in sorted({*videos, *(label for label, _ in counts)})
    ]


async def count_steps(tx: Transaction, campaign: str, steps: Sequence[str]) -> TutorialMeasures:
    rows = await tx.fetch(SQL["count_steps"], campaign, list(steps))
    found = {row["label"]: Count(people=row["people"], with_machines=row["with_machines"]) for row in rows}
    return TutorialMeasures(
        steps=[StepMeasure(step=step, done=found.get(step, _NOBODY)) for step in steps],
        completed=found.get(None, _NOBODY),
    )
