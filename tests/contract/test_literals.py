"""What a table admits is what the answers that show it admit: a word more in a table would be an error 500."""

import re
from typing import Any, Literal, get_args, get_origin

import asyncpg
import pytest

from deploy.embedded.databases import Databases
from services.contacts.consents.schemas import RecordView
from services.contacts.intake.schemas import TextView
from services.contacts.matching.schemas import DuplicateView
from services.contacts.moves.schemas import MoveView
from services.contacts.overview.schemas import FlaggedIdentity, PartyCard, PartyView
from services.contacts.privacy.schemas import ErasureView
from services.contacts.relations.schemas import RelationView
from services.marketing.audit.schemas import Message
from services.marketing.catalogue.schemas import Campaign
from services.marketing.loyalty.schemas import StatementLine
from services.marketing.mailings.schemas import MailingDetail, MovedMailing, Recipient
from services.marketing.measures.schemas import Measure, Measures, SurveyMeasure
from services.marketing.sending.schemas import Delivery
from services.marketing.suppressions.schemas import Lift, Lifted, Stopped
from services.marketing.surveys.schemas import Result
from services.support.attention.schemas import TicketViewer
from services.support.bulk.schemas import BulkItem
from services.support.csat.schemas import Satisfaction
from services.support.desk.schemas import Entry, Step, TicketLine, TicketView
from services.support.disputes.schemas import DisputeLine, DisputeState, DisputeView, EvidenceView, StepView
from services.support.knowledge.schemas import ArticleState, ArticleView
from services.support.mail.schemas import AttachmentView, Taken
from services.support.routing.schemas import AgentState, AgentView, AssignmentStep, AssignmentView
from services.support.sla.schemas import CalendarVersion, ClockView, Deadline, Measured, PolicyVersion
from services.support.stats.schemas import DeskWarning
from services.support.subtasks.schemas import AgentSubtask, SubtaskView
from services.support.tickets.schemas import TicketState
from services.support.triage.schemas import Answer, ModelView, TriageView
from shared.run.discovery import SERVICES
from tests.integration.conftest import databases  # noqa: F401  the fixture
from tests.stack import migrated

Shown = dict[str, list[tuple[type[Any], str]]]
# Of each column that is limited to a list of words, the answers that show it; none where nobody shows it.
SHOWN: dict[str, Shown] = {
    "contacts": {
        "party.kind": [(PartyView, "kind"), (PartyCard, "kind")],
        "identity.type": [],
        "fact_text.kind": [(TextView, "kind")],
        "flagged_identity.reason": [(FlaggedIdentity, "reason")],
        "identity_move.kind": [(MoveView, "kind")],
        "relation.kind": [(RelationView, "kind")],
        "consent_record.said": [(RecordView, "said")],
        "erasure.state": [(ErasureView, "state")],
        "erasure.ground": [(ErasureView, "ground")],
        "erasure.exemption": [(ErasureView, "exemption")],
        "duplicate.state": [(DuplicateView, "state")],
    },
    "marketing": {
        "message.outcome": [(Message, "outcome")],
        "former_ending.outcome": [],
        "mailing.state": [(MailingDetail, "state"), (MovedMailing, "state")],
        "mailing_recipient.outcome": [(Recipient, "outcome")],
        "campaign.source": [],
        "campaign.type": [(Campaign, "type"), (Measures, "type")],
        "segment.source": [],
        "restraint.kind": [],
        "returned.kind": [(Measure, "kind")],
        "delivery.outcome": [(Delivery, "outcome")],
        "stopped_address.reason": [(Stopped, "reason")],
        "stopped_identity.reason": [],
        "lifted_address.because": [(Lift, "because"), (Lifted, "because")],
        "points_entry.kind": [(StatementLine, "kind")],
        "survey_reply.survey": [(Result, "survey"), (SurveyMeasure, "survey")],
    },
    "support": {
        "ticket.status": [(model, "status") for model in (TicketLine, TicketView, TicketState, Step)],
        "ticket.waits_for": [(model, "waits_for") for model in (TicketLine, TicketView, TicketState)],
        "subtask.status": [(model, "status") for model in (SubtaskView, AgentSubtask)],
        "reply.kind": [(Entry, "kind")],
        "reply.author": [(Entry, "author")],
        "triage.urgency": [(model, "urgency") for model in (TriageView, Answer)],
        "triage.sentiment": [(model, "sentiment") for model in (TriageView, Answer)],
        "triage.priority": [(model, "priority") for model in (TriageView, Answer)],
        "triage_model.state": [(ModelView, "state")],
        "status_change.waits_for": [],
        "agent.presence": [(AgentState, "presence"), (AgentView, "presence")],
        "agent.removed": [],
        "agent.absence": [(AgentState, "absence"), (AgentView, "absence")],
        "agent_presence.presence": [(AgentView, "presence")],
        "agent_presence.absence": [],
        "assignment.how": [(AssignmentView, "how")],
        "assignment_step.how": [(AssignmentStep, "how")],
        "csat.source": [(Satisfaction, "source")],
        "dispute.status": [(DisputeState, "status"), (DisputeView, "status"), (StepView, "status")],
        "dispute.cause": [(DisputeLine, "cause"), (DisputeView, "cause")],
        "dispute.outcome": [(DisputeState, "outcome"), (DisputeView, "outcome")],
        "dispute_evidence.kind": [(EvidenceView, "kind")],
        "sla_promise.priority": [(Measured, "priority")],
        "sla_promise.priority_now": [(Measured, "priority"), (Deadline, "priority_now")],
        "sla_definition.kind": [],
        "sla_definition.source": [(PolicyVersion, "source"), (CalendarVersion, "source")],
        "sla_told.metric": [(ClockView, "metric")],
        "sla_told.told": [],
        "stat_warning.kind": [(DeskWarning, "kind")],
        "bulk_item.outcome": [(BulkItem, "outcome")],
        "ticket_viewer.doing": [(TicketViewer, "doing")],
        "article.state": [(ArticleState, "state"), (ArticleView, "state")],
        "mail.kind": [(Taken, "outcome")],
        "letter.outcome": [(Entry, "letter")],
        "attachment.refused": [(AttachmentView, "refused")],
    },
}
COLUMNS = """
select relname || '.' || attname as column, pg_get_constraintdef(pg_constraint.oid) as rule
from pg_constraint
join pg_class on pg_class.oid = conrelid
join pg_attribute on attrelid = conrelid and attnum = any (conkey)
where contype = 'c' and array_length(conkey, 1) = 1 and not relispartition and relname not like '%yoyo%'
"""


def words_of(rule: str) -> set[str]:
    """The words of `in ('a', 'b')`, as Postgres writes it; none for another rule."""
    return set(re.findall(r"'([^']*)'::text", rule)) if "ANY" in rule else set()


def literals_of(model: type[Any], field: str) -> set[str]:
    found: set[str] = set()
    waiting = [model.model_fields[field].annotation]
    while waiting:
        annotation = waiting.pop()
        if get_origin(annotation) is Literal:
            found.update(get_args(annotation))
        else:
            waiting += [part for part in get_args(annotation) if not isinstance(part, str)]
    return found


@pytest.fixture(scope="module")
def dsns(databases: Databases) -> dict[str, str]:  # noqa: F811  the fixture
    return {service: migrated(databases, service) for service in SERVICES}


@pytest.mark.parametrize("service", SERVICES)
async def test_answers_admit_every_word_that_the_tables_admit(service: str, dsns: dict[str, str]) -> None:
    connection = await asyncpg.connect(dsns[service])
    try:
        rules = {row["column"]: words_of(row["rule"]) for row in await connection.fetch(COLUMNS)}
    finally:
        await connection.close()
    limited = {column: words for column, words in rules.items() if words}
    assert limited.keys() == SHOWN.get(service, {}).keys(), "say which answers show a new column"
    for column, answers in SHOWN.get(service, {}).items():
        for model, field in answers:
            missing = limited[column] - literals_of(model, field)
            assert not missing, f"{model.__name__}.{field} of {column} does not admit {sorted(missing)}"
