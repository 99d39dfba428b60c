"""From a reported fact to the same fact as it is published: keyed by party, without personal data."""

from collections.abc import Callable, Collection
from dataclasses import replace
from typing import Any, NamedTuple, TypeVar

from services.contacts.custom import CustomFields
from services.contacts.intake.domain.sales import Stamp, check_amount, check_sale, is_text, said_of
from shared.errors import BadRecord
from shared.events.consent import word_of
from shared.events.contacts import (
    ConsentGiven,
    ConsentRequested,
    ConsentWithdrawn,
    InteractionRecorded,
    SurveyAnswered,
)
from shared.events.ingest import (
    ReportedAmendment,
    ReportedCancellation,
    ReportedChoice,
    ReportedConsent,
    ReportedInteraction,
    ReportedParty,
    ReportedRefund,
    ReportedRequest,
    ReportedSale,
    ReportedSurvey,
    ReportedWithdrawal,
)
from shared.events.requests import SupportRequested
from shared.events.sales import ProductChosen, SaleCompleted, SaleRefunded
from shared.events.values import CustomValue

P = TypeVar("P", bound=ReportedParty)
_SURVEY_RANGE = {"csat": (1, 7), "ces": (1, 7), "nps": (0, 10)}


class Text(NamedTuple):
    """Free text that stays with contacts, and what it is."""

    kind: str
    body: str


def check(data: object) -> None:
    """Refuse (BadRecord, with a stable reason) what the schema admits and no reader could use."""
    match data:
        case ReportedSale() | ReportedAmendment():
            check_sale(data)
        case ReportedRefund():
            check_amount(data.total)
        case ReportedSurvey():
            low, high = _SURVEY_RANGE[data.survey]
            if not low <= data.value <= high:
                raise BadRecord("survey_value", f"{data.survey} takes {low} to {high}", field="value")


def with_custom(party: P, fields: CustomFields, where: str = "party") -> P:
    """With its own fields in the form in which they are kept; raises BadRecord with the one that cannot be."""
    if not party.custom:
        return party
    checked: dict[str, CustomValue | None] = {}
    for name, value in party.custom.items():
        try:
            checked[name] = None if value is None else fields.read(name, value, party.kind)
        except ValueError as error:
            raise BadRecord("custom_field", str(error), field=f"{where}.custom.{name}") from None
    return replace(party, custom=checked)


def announce_fact(data: Any, stamp: Stamp, *, confirms: Collection[str] = ()) -> object:
    """The event that says the same of the party. `data` is any reported fact but a profile.

    A consent of a `purpose/channel` among `confirms` is only requested until it comes as confirmed.
    """
    if type(data) is ReportedConsent and data.opt_in is None and f"{word_of(data.purpose)}/{data.channel}" in confirms:
        data = replace(data, opt_in="requested")
    return _PUBLISHED[type(data)](data, stamp)


def text_of(data: object) -> Text | None:
    """The text that `announce_fact` leaves out, of which the published event says only that there is one."""
    match data:
        case ReportedInteraction(summary=str(body)):
            return Text("summary", body)
        case ReportedSurvey(text=str(body)):
            return Text("answer", body)
        case ReportedConsent(evidence=str(body)) | ReportedWithdrawal(evidence=str(body)):
            return Text("evidence", body)
        case ReportedRefund(reason=str(body)) | ReportedCancellation(reason=str(body)) if is_text(body):
            return Text("reason", body)
        case _:
            return None


def without_text(data: Any) -> Any:
    """The same fact without what was written in it: of an erased party, or of another than the one that it is of."""
    match data:
        case ReportedInteraction():
            return replace(data, summary=None)
        case ReportedSurvey():
            return replace(data, text=None)
        case ReportedConsent() | ReportedWithdrawal():
            return replace(data, evidence=None)
        case ReportedRequest():
            return replace(data, subject="", body="")
        case ReportedRefund() | ReportedCancellation() if is_text(data.reason):
            return replace(data, reason=None)
        case _:
            return data


def _sale(data: ReportedSale, stamp: Stamp) -> SaleCompleted:
    return SaleCompleted(
        party_id=stamp.party_id,
        party_version=stamp.party_version,
        sale_id=data.sale_id,
        channel=data.channel,
        total=data.total,
        lines=data.lines,
        recorded_at=stamp.recorded_at,
        origin=stamp.origin,
        identity_used=stamp.identity_used,
        **said_of(data),
    )


def _refund(data: ReportedRefund, stamp: Stamp) -> SaleRefunded:
    said_more = is_text(data.reason)
    return SaleRefunded(
        party_id=stamp.party_id,
        party_version=stamp.party_version,
        sale_id=data.sale_id,
        total=data.total,
        recorded_at=stamp.recorded_at,
        origin=stamp.origin,
        lines=data.lines,
        reason=None if said_more else data.reason,
        has_text=said_more,
        identity_used=stamp.identity_used,
    )


def _choice(data: ReportedChoice, stamp: Stamp) -> ProductChosen:
    return ProductChosen(
        party_id=stamp.party_id,
        party_version=stamp.party_version,
        sku=data.sku,
        channel=data.channel,
        intent=data.intent,
        recorded_at=stamp.recorded_at,
        origin=stamp.origin,
        identity_used=stamp.identity_used,
    )


def _request(data: ReportedRequest, stamp: Stamp) -> SupportRequested:
    return SupportRequested(
        party_id=stamp.party_id,
        party_version=stamp.party_version,
        channel=data.channel,
        subject=data.subject,
        body=data.body,
        recorded_at=stamp.recorded_at,
        origin=stamp.origin,
        thread=data.thread,
        in_reply_to=data.in_reply_to,
        sku=data.sku,
        sale_id=data.sale_id,
        locale=data.locale,
        identity_used=stamp.identity_used,
    )


def _interaction(data: ReportedInteraction, stamp: Stamp) -> InteractionRecorded:
    return InteractionRecorded(
        party_id=stamp.party_id,
        party_version=stamp.party_version,
        channel=data.channel,
        direction=data.direction,
        recorded_at=stamp.recorded_at,
        origin=stamp.origin,
        stage=data.stage,
        agent=data.agent,
        duration_s=data.duration_s,
        has_text=data.summary is not None,
        identity_used=stamp.identity_used,
    )


def _survey(data: ReportedSurvey, stamp: Stamp) -> SurveyAnswered:
    return SurveyAnswered(
        party_id=stamp.party_id,
        party_version=stamp.party_version,
        survey=data.survey,
        value=data.value,
        recorded_at=stamp.recorded_at,
        origin=stamp.origin,
        about=data.about,
        has_text=data.text is not None,
        identity_used=stamp.identity_used,
    )


def _consent(
    data: ReportedConsent | ReportedWithdrawal, stamp: Stamp
) -> ConsentGiven | ConsentRequested | ConsentWithdrawn:
    common: dict[str, Any] = {
        "party_id": stamp.party_id,
        "party_version": stamp.party_version,
        "purpose": data.purpose,
        "channel": data.channel,
        "recorded_at": stamp.recorded_at,
        "origin": stamp.origin,
        "topic": data.topic,
        "basis": data.basis,
        "text_version": data.text_version,
        "has_evidence": data.evidence is not None,
        "identity_used": stamp.identity_used,
    }
    if isinstance(data, ReportedConsent):
        model = ConsentRequested if data.opt_in == "requested" else ConsentGiven
        return model(**common, expires_at=data.expires_at)
    return ConsentWithdrawn(**common)


_PUBLISHED: dict[type, Callable[[Any, Stamp], object]] = {
    ReportedSale: _sale,
    ReportedRefund: _refund,
    ReportedChoice: _choice,
    ReportedRequest: _request,
    ReportedInteraction: _interaction,
    ReportedSurvey: _survey,
    ReportedConsent: _consent,
    ReportedWithdrawal: _consent,
}
