-- Parties are locked before agents, agents before assignments, each sorted by id.

-- name: add_agent
-- A new agent, who is offline until they say otherwise.
insert into agent (id, key, skills, queues, capacity, calendar, present_since)
values ($1::text, $2::uuid, $3::text[], $4::text[], $5::jsonb, $6::text, $7::timestamptz)
on conflict do nothing
returning id;

-- name: save_agent
-- What operators say of an agent.
update agent set
    version = version + 1, skills = $2::text[], queues = $3::text[], capacity = $4::jsonb, calendar = $5::text,
    removed = null
where id = $1::text;

-- name: remove_agent
-- They are asked no more.
update agent set version = version + 1, removed = $2::text where id = $1::text;

-- name: save_presence
-- Where an agent is from now on.
update agent set
    version = version + 1, presence = $2::text, absence = $3::text, present_since = $4::timestamptz
where id = $1::text;

-- name: end_presence
-- The span that was open ends; one that began at the same moment was none.
update agent_presence set until = greatest(since, $2::timestamptz) where agent_id = $1::text and until is null;

-- name: add_presence
-- The span that begins; of two at one moment the later one stands.
insert into agent_presence (agent_id, since, presence, absence)
values ($1::text, $2::timestamptz, $3::text, $4::text)
on conflict (agent_id, since) do update set presence = excluded.presence, absence = excluded.absence, until = null;

-- name: sum_presence
-- The seconds that an agent was in each state since a moment, up to now.
select presence, sum(extract(epoch from least(coalesce(until, $3), $3) - greatest(since, $2)))::float8 as seconds
from agent_presence
where agent_id = $1::text and coalesce(until, $3::timestamptz) > $2::timestamptz and since < $3::timestamptz
group by presence
order by presence;

-- name: list_agents
-- After an id, in its order, with the tickets that each has open.
select
    id, version, skills, queues, capacity, calendar, presence, absence, present_since, last_assigned_at,
    (select count(*) from assignment where agent_id = agent.id and is_open) as tickets
from agent
where id > $1::text and removed is null
order by id
limit $2::integer;

-- name: find_agent
-- One, as in the list.
select
    id, version, skills, queues, capacity, calendar, presence, absence, present_since, last_assigned_at,
    (select count(*) from assignment where agent_id = agent.id and is_open) as tickets
from agent
where id = $1::text and removed is null;

-- name: load_agents
-- Everybody, as they are known.
select id, version, skills, queues, capacity, calendar, presence, last_assigned_at, removed from agent order by id;

-- name: lock_agents
-- Everybody, so that loads stand still while tickets are given out.
select id, version, skills, queues, capacity, calendar, presence, last_assigned_at, removed
from agent
order by id
for update;

-- name: lock_agent
-- One agent.
select id, version, skills, queues, capacity, calendar, presence, last_assigned_at, removed
from agent
where id = $1::text
for update;

-- name: find_agents_by_key
-- Whose timers these are.
select id from agent where key = any($1::uuid[]) order by id;

-- name: load_loads
-- How many tickets of each channel these agents have open.
select agent_id, channel, count(*)::integer as tickets
from assignment
where agent_id = any($1::text[]) and is_open
group by agent_id, channel;

-- name: save_last_assigned
-- Who got a ticket last, so that the next one goes to somebody else.
update agent set last_assigned_at = greatest(agent.last_assigned_at, given.at)
from unnest($1::text[], $2::timestamptz[]) as given (id, at)
where agent.id = given.id;

-- name: load_routable
-- What is known of tickets that are triaged, and who answers for them.
select
    ticket.id, ticket.party_id, ticket.request_event_id, ticket.channel, ticket.status, triage.skills, triage.priority,
    assignment.ticket_id is not null as is_queued, assignment.is_open, assignment.place, assignment.waiting_since,
    assignment.agent_id, assignment.previous,
    assignment.refused_by
from ticket
join triage on triage.ticket_id = ticket.id
left join assignment on assignment.ticket_id = ticket.id
where ticket.id = any($1::uuid[])
order by ticket.id;

-- name: find_waiting
-- The first in line of those that an agent of these queues and skills, or who manages the customer, may be given, by channel.
select ticket_id
from assignment
where
    agent_id is null and is_open and refused_by is distinct from $1::text and channel = any($4::text[])
    and (
        (queue = any($2::text[]) and skills <@ $3::text[]) or fallback = any($2::text[]) or previous = $1::text
        or exists (
            select from ticket where ticket.id = assignment.ticket_id and ticket.party_id = any($6::uuid[])
        )
    )
order by place, waiting_since, ticket_id
limit $5::integer;

-- name: find_held
-- What these agents have open.
select ticket_id from assignment where agent_id = any($1::text[]) and is_open order by ticket_id;

-- name: save_queued
-- Where tickets wait, or that they are settled; who answers for them stays. The place is that of what triage says now; a
-- ticket that was escalated, which is place $9, stays so until it is settled.
insert into assignment as known (ticket_id, queue, fallback, channel, skills, place, is_open, waiting_since)
select
    ticket_id, queue, fallback, channel, array(select jsonb_array_elements_text(skills)), place, is_open, waiting_since
from unnest(
    $1::uuid[], $2::text[], $3::text[], $4::text[], $5::jsonb[], $6::smallint[], $7::boolean[], $8::timestamptz[]
) as given (ticket_id, queue, fallback, channel, skills, place, is_open, waiting_since)
order by ticket_id
on conflict (ticket_id) do update set
    queue = excluded.queue, fallback = excluded.fallback, skills = excluded.skills, is_open = excluded.is_open,
    place = case when known.is_open and known.place = $9::smallint then known.place else excluded.place end,
    previous = case when excluded.is_open and not known.is_open then known.agent_id else known.previous end,
    agent_id = case when excluded.is_open and not known.is_open then null else known.agent_id end,
    waiting_since = case when excluded.is_open and not known.is_open then excluded.waiting_since else known.waiting_since end;

-- name: move_up
-- Little time is left, or none.
update assignment set place = $2::smallint where ticket_id = any($1::uuid[]) and place > $2::smallint;

-- name: save_assignments
-- Who answers from now on; nobody means that the ticket waits again.
update assignment set
    agent_id = given.agent_id, how = given.how, why = array(select jsonb_array_elements_text(reasons)),
    because = given.because,
    assigned_at = case when given.agent_id is null then null else given.at end,
    waiting_since = case when given.agent_id is null then given.at else assignment.waiting_since end,
    refused_by = given.refused_by
from unnest($1::uuid[], $2::text[], $3::text[], $4::text[], $5::jsonb[], $6::jsonb[], $7::timestamptz[])
    as given (ticket_id, agent_id, refused_by, how, reasons, because, at)
where assignment.ticket_id = given.ticket_id;

-- name: add_steps
-- Every change stays.
insert into assignment_step (ticket_id, event_id, agent_id, previous, how, why, because, changed_at)
select ticket_id, event_id, agent_id, previous, how, array(select jsonb_array_elements_text(why)), because, changed_at
from unnest($1::uuid[], $2::uuid[], $3::text[], $4::text[], $5::text[], $6::jsonb[], $7::jsonb[], $8::timestamptz[])
    as step (ticket_id, event_id, agent_id, previous, how, why, because, changed_at)
order by ticket_id, event_id
on conflict do nothing;

-- name: find_assignment
-- Who answers for a ticket, for reading, with everybody who ever did, oldest first.
select
    queue, agent_id, how, why, because, assigned_at, waiting_since, is_open,
    coalesce(
        (
            select
                json_agg(
                    json_build_object(
                        'agent', agent_id, 'previous', previous, 'how', how, 'why', why, 'because', because,
                        'changed_at', changed_at
                    )
                    order by number
                )
            from assignment_step
            where assignment_step.ticket_id = assignment.ticket_id
        ),
        '[]'
    )::text as steps
from assignment
where ticket_id = $1::uuid;

-- name: count_queues
-- What waits in each queue, and since when.
select queue as name, count(*)::integer as waiting, min(waiting_since) as oldest
from assignment
where agent_id is null and is_open
group by queue
order by queue;

-- name: list_waiting
-- Of one queue, the first in line first. The bound on the longest page and one more is there for the planner: without it
-- each page is planned anew, for twice the cost, since a limit that is an argument may be of any size.
select page.ticket_id, ticket.number, ticket.party_id, page.place, page.waiting_since, page.skills
from (
    select ticket_id, place, waiting_since, skills
    from assignment
    where
        queue = $1::text and agent_id is null and is_open
        and (place, waiting_since, ticket_id) > ($2::smallint, $3::timestamptz, $4::uuid)
    order by place, waiting_since, ticket_id
    limit 201
) as page
join ticket on ticket.id = page.ticket_id
order by page.place, page.waiting_since, page.ticket_id
limit $5::integer;

-- name: take_back_assignment
-- As the topic tells it, where the ticket is known.
insert into assignment as known (
    ticket_id, queue, channel, skills, place, waiting_since, agent_id, assigned_at, how, why, because
)
select
    ticket.id, $2::text, ticket.channel, '{}', 3, $6::timestamptz, $3::text, $6::timestamptz, $4::text, $5::text[],
    $7::jsonb
from ticket
where ticket.id = $1::uuid
on conflict (ticket_id) do update set
    agent_id = excluded.agent_id, assigned_at = excluded.assigned_at, how = excluded.how, why = excluded.why,
    because = excluded.because;
