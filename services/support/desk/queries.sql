-- What agents read of tickets, over the tables of every capability.

-- name: find_ticket
-- A ticket with its text, for reading; with it who asked, its steps, the tickets that continue it, and whether any were
-- merged into it, since each statement of its own costs as much as all of these.
select
    ticket.id, ticket.number, ticket.party_id, ticket.request_event_id, ticket.channel, ticket.subject, ticket.body,
    ticket.locale, ticket.sku, ticket.sale_id, ticket.origin, ticket.status, ticket.version, ticket.follows,
    ticket.opened_at, ticket.recorded_at, ticket.changed_at, ticket.waits_for, ticket.until, ticket.merged_into,
    ticket.split_from,
    party.name as party_name, party.locale as party_locale, party.merged_into as party_merged_into, party.erased,
    exists (select from ticket as merged where merged.merged_into = ticket.id) as is_joined,
    coalesce(
        (
            select
                json_agg(
                    json_build_object(
                        'version', version, 'previous', previous, 'status', status, 'agent', agent,
                        'changed_at', changed_at
                    )
                    order by version
                )
            from status_change
            where ticket_id = ticket.id
        ),
        '[]'
    )::text as steps,
    coalesce(
        (
            select json_agg(json_build_object('id', later.id, 'number', later.number) order by later.number)
            from ticket as later
            where later.party_id = ticket.party_id and later.follows = ticket.id
        ),
        '[]'
    )::text as continued
from ticket
join party on party.id = ticket.party_id
where ticket.id = $1::uuid;

-- name: find_merged_tickets
-- The requests of tickets that were merged into this one, over any number of merges.
with recursive whole as (
    select id from ticket where merged_into = $1::uuid
    union
    select ticket.id from ticket join whole on ticket.merged_into = whole.id
)
select ticket.id, ticket.number, ticket.request_event_id, ticket.subject, ticket.body, ticket.channel, ticket.opened_at
from ticket join whole on whole.id = ticket.id
order by ticket.number;

-- name: find_replies
-- Replies, notes and messages of a ticket and of those merged into it, below an id, newest first; ids grow with time. With
-- what became of each as an e-mail.
select newest.*, letter.outcome
from unnest($1::uuid[]) as whole (ticket_id)
cross join lateral (
    select id, kind, author, agent, subject, body, channel, message_event_id, written_at
    from reply
    where reply.ticket_id = whole.ticket_id and id < $2::uuid
    order by id desc
    limit $3::integer
) as newest
left join letter on letter.reply_id = newest.id
order by newest.id desc
limit $3::integer;

-- name: list_tickets
-- Newest first, below a number.
select
    id, number, party_id, request_event_id, channel, subject, status, waits_for, until, version, follows,
    opened_at, changed_at
from ticket
where number < $1::bigint
order by number desc
limit $2::integer;

-- name: find_line
-- As in the list, by its number.
select
    id, number, party_id, request_event_id, channel, subject, status, waits_for, until, version, follows,
    opened_at, changed_at
from ticket
where number = $1::bigint;

-- name: count_waiting
-- Tickets that are not done, by status, of all parties or of some. What is done is never counted: it only grows.
select status, count(*) as tickets
from ticket
where status in ('new', 'open', 'reopened', 'pending') and ($1::uuid[] is null or party_id = any($1::uuid[]))
group by status;

-- name: list_tickets_by_status
-- As list_tickets, in one status.
select
    id, number, party_id, request_event_id, channel, subject, status, waits_for, until, version, follows,
    opened_at, changed_at
from ticket
where number < $1::bigint and status = $3::text
order by number desc
limit $2::integer;

-- name: list_tickets_of_parties
-- As list_tickets, of some parties and in one status or any.
select
    id, number, party_id, request_event_id, channel, subject, status, waits_for, until, version, follows,
    opened_at, changed_at
from ticket
where number < $1::bigint and party_id = any($3::uuid[]) and ($4::text is null or status = $4::text)
order by number desc
limit $2::integer;

-- name: list_tickets_of_view
-- As list_tickets, those that fit every filter; each status is walked from its newest, so that nothing is sorted.
select newest.*
from unnest($3::text[]) as asked (status)
cross join lateral (
    select
        ticket.id, ticket.number, ticket.party_id, ticket.request_event_id, ticket.channel, ticket.subject, ticket.status,
        ticket.waits_for, ticket.until, ticket.version, ticket.follows, ticket.opened_at, ticket.changed_at
    from ticket
    left join triage on triage.ticket_id = ticket.id
    left join assignment on assignment.ticket_id = ticket.id
    where
        ticket.status = asked.status and ticket.number < $1::bigint
        and ($4::text[] is null or assignment.queue = any($4::text[]))
        and ($5::text[] is null or ticket.channel = any($5::text[]))
        and ($6::text[] is null or triage.category = any($6::text[]))
        and ($7::text[] is null or triage.priority = any($7::text[]))
        and (not $8::boolean or assignment.agent_id is null)
    order by ticket.number desc
    limit $2::integer
) as newest
order by newest.number desc
limit $2::integer;

-- name: list_tickets_of_agents
-- As list_tickets_of_view, of those that agents answer for, or that one follows, which are few beside all tickets.
with concerned as (
    select ticket_id from assignment where agent_id = any($9::text[])
    union
    select ticket_id from ticket_follower where $9::text[] is null and agent = $10::text
)
select
    ticket.id, ticket.number, ticket.party_id, ticket.request_event_id, ticket.channel, ticket.subject, ticket.status,
    ticket.waits_for, ticket.until, ticket.version, ticket.follows, ticket.opened_at, ticket.changed_at
from concerned
join ticket on ticket.id = concerned.ticket_id
left join triage on triage.ticket_id = ticket.id
left join assignment on assignment.ticket_id = ticket.id
where
    ticket.status = any($3::text[]) and ticket.number < $1::bigint
    and ($4::text[] is null or assignment.queue = any($4::text[]))
    and ($5::text[] is null or ticket.channel = any($5::text[]))
    and ($6::text[] is null or triage.category = any($6::text[]))
    and ($7::text[] is null or triage.priority = any($7::text[]))
    and (not $8::boolean or assignment.agent_id is null)
    and (
        $10::text is null
        or exists (select from ticket_follower where ticket_follower.ticket_id = ticket.id and ticket_follower.agent = $10)
    )
order by ticket.number desc
limit $2::integer;
