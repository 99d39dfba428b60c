-- What happened to tickets in a time: nothing is written.

-- name: load_past
-- Tickets that were taken in then and triaged, with what triage said and to whom each was given first.
select
    ticket.id, ticket.party_id, ticket.request_event_id, ticket.channel, ticket.number, triage.category, triage.priority,
    triage_guess.category as guessed, assignment.queue, first.agent_id as agent, first.changed_at as given_at,
    case when triage.agent is null then triage.decided_at else ticket.recorded_at end as decided_at
from ticket
join triage on triage.ticket_id = ticket.id
left join triage_guess on triage_guess.ticket_id = ticket.id and triage_guess.model = triage.model
left join assignment on assignment.ticket_id = ticket.id
left join lateral (
    select agent_id, changed_at
    from assignment_step
    where assignment_step.ticket_id = ticket.id and agent_id is not null
    order by number
    limit 1
) as first on true
where ticket.recorded_at >= $1::timestamptz and ticket.recorded_at < $2::timestamptz
order by ticket.recorded_at, ticket.number
limit $3::integer;

-- name: load_promised
-- Tickets that were taken in then and to which something was promised.
select ticket.id, ticket.number
from ticket
join sla_promise on sla_promise.ticket_id = ticket.id
where ticket.recorded_at >= $1::timestamptz and ticket.recorded_at < $2::timestamptz
order by ticket.recorded_at, ticket.number
limit $3::integer;

-- name: load_moves
-- When tickets came to rest and were taken up again.
select ticket_id, status, changed_at as at
from status_change
where ticket_id = any($1::uuid[]) and changed_at < $2::timestamptz
order by changed_at, ticket_id, version;

-- name: load_escalations
-- When little time was left for tickets, or none.
select ticket_id, min(told_at) as at
from sla_told
where ticket_id = any($1::uuid[]) and told in ('warned', 'breached') and told_at < $2::timestamptz
group by ticket_id
order by at, ticket_id;

-- name: load_presences
-- Where agents were from when on, each with the state in which the time began.
select agent_id, greatest(since, $1::timestamptz) as at, presence
from agent_presence
where since < $2::timestamptz and (until is null or until > $1::timestamptz)
order by at, agent_id, since;

-- name: load_held
-- Who answered for older tickets when the time began.
select before.ticket_id, before.agent_id, ticket.channel
from ticket
cross join lateral (
    select assignment_step.ticket_id, assignment_step.agent_id
    from assignment_step
    where assignment_step.ticket_id = ticket.id and assignment_step.changed_at < $1::timestamptz
    order by assignment_step.number desc
    limit 1
) as before
where
    ticket.recorded_at < $1::timestamptz and before.agent_id is not null
    and (ticket.status in ('new', 'open', 'pending', 'reopened') or ticket.changed_at >= $1::timestamptz)
order by before.ticket_id;
