-- Lock order: party, ticket; each sorted by id.

-- name: save_parties
-- The newest description wins and an erasure is final, so that copies may arrive in any order.
insert into party as known (id, version, name, locale, merged_into, erased)
select *
from unnest($1::uuid[], $2::integer[], $3::text[], $4::text[], $5::uuid[], $6::boolean[])
    as copy (id, version, name, locale, merged_into, erased)
order by id
on conflict (id) do update set
    version = excluded.version,
    name = excluded.name,
    locale = excluded.locale,
    merged_into = excluded.merged_into,
    erased = excluded.erased
where not known.erased and (excluded.erased or known.version < excluded.version);

-- name: erase_ticket_texts
-- What erased customers wrote; the ticket stays and is counted.
update ticket set subject = null, body = null
where party_id = any($1::uuid[]) and (subject is not null or body is not null);

-- name: erase_reply_texts
-- What was written to them and about them.
update reply set body = null
from ticket
where ticket.id = reply.ticket_id and ticket.party_id = any($1::uuid[]) and reply.body is not null;

-- name: add_parties
-- Rows to lock for parties that a request names before their description is here.
insert into party (id)
select id from unnest($1::uuid[]) as named (id) order by id
on conflict (id) do nothing;

-- name: lock_parties
-- Keeps the order of events per party when several instances emit; tells who was erased.
select id, erased from party where id = any($1::uuid[]) order by id for update;

-- name: load_threads
-- The newest ticket in each (party, thread) that is asked for.
select distinct on (asked.party_id, asked.thread) asked.party_id, asked.thread, ticket.number, ticket.id
from unnest($1::uuid[], $2::text[]) as asked (party_id, thread)
join ticket on ticket.party_id = asked.party_id and ticket.thread = asked.thread
order by asked.party_id, asked.thread, ticket.number desc;

-- name: draw_numbers
-- As many ticket numbers as requests; a number drawn for a transaction that fails is never used.
select nextval('ticket_number') as number from generate_series(1, $1::integer);

-- name: add_tickets
-- A ticket per request, once; returns those that are new.
insert into ticket (
    id, number, party_id, request_event_id, channel, subject, body, locale, thread, in_reply_to,
    sku, sale_id, origin, follows, opened_at, recorded_at, changed_at
)
select
    id, number, party_id, request_event_id, channel, subject, body, locale, thread, in_reply_to,
    sku, sale_id, origin, follows, opened_at, recorded_at, recorded_at
from unnest(
    $1::uuid[], $2::bigint[], $3::uuid[], $4::text[], $5::text[], $6::text[], $7::text[], $8::text[], $9::text[],
    $10::text[], $11::text[], $12::text[], $13::text[], $14::uuid[], $15::timestamptz[], $16::timestamptz[]
) as opening (
    id, number, party_id, request_event_id, channel, subject, body, locale, thread,
    in_reply_to, sku, sale_id, origin, follows, opened_at, recorded_at
)
order by number
on conflict do nothing
returning id;

-- name: lock_party_of_ticket
-- First half of locking a ticket, in the lock order.
select party.id
from party
where party.id = (select ticket.party_id from ticket where ticket.id = $1::uuid)
for update;

-- name: lock_ticket
-- Second half, and what the rules need of it.
select id, party_id, request_event_id, status, version from ticket where id = $1::uuid for update;

-- name: save_ticket
-- The state after an act.
update ticket set status = $2::text, version = $3::integer, changed_at = $4::timestamptz where id = $1::uuid;

-- name: add_status_change
-- One step of the status machine, under the version that it led to.
insert into status_change (ticket_id, version, previous, status, agent, changed_at)
values ($1::uuid, $2::integer, $3::text, $4::text, $5::text, $6::timestamptz);

-- name: add_reply
-- One reply or note; its text is dropped if the customer was erased meanwhile.
insert into reply (id, ticket_id, kind, agent, body, written_at)
select $1::uuid, ticket.id, $3::text, $4::text, case when not party.erased then $5::text end, $6::timestamptz
from ticket
join party on party.id = ticket.party_id
where ticket.id = $2::uuid;

-- name: find_ticket
-- A ticket with its customer, for reading.
select
    ticket.*,
    party.name as party_name,
    party.locale as party_locale,
    party.merged_into as party_merged_into,
    party.erased as party_erased
from ticket
join party on party.id = ticket.party_id
where ticket.id = $1::uuid;

-- name: find_followers
-- The tickets that continue this one.
select id, number from ticket where party_id = $1::uuid and follows = $2::uuid order by number;

-- name: find_replies
-- Replies and notes of a ticket, oldest first.
select id, kind, agent, body, written_at from reply where ticket_id = $1::uuid order by id;

-- name: find_status_changes
-- The steps of a ticket, oldest first.
select version, previous, status, agent, changed_at from status_change where ticket_id = $1::uuid order by version;

-- name: find_merged_parties
-- A party, those merged into the same survivor, and the survivor.
with recursive up as (
    select $1::uuid as id
    union
    select party.merged_into from party join up on up.id = party.id where party.merged_into is not null
),
family as (
    select id from up
    union
    select party.id from party join family on party.merged_into = family.id
)
select id from family order by id;

-- name: list_tickets
-- Newest first, below a number.
select id, number, party_id, request_event_id, channel, subject, status, version, follows, opened_at, changed_at
from ticket
where number < $1::bigint
order by number desc
limit $2::integer;

-- name: list_tickets_by_status
-- As list_tickets, in one status.
select id, number, party_id, request_event_id, channel, subject, status, version, follows, opened_at, changed_at
from ticket
where number < $1::bigint and status = $3::text
order by number desc
limit $2::integer;

-- name: list_tickets_of_parties
-- As list_tickets, of some parties and in one status or any.
select id, number, party_id, request_event_id, channel, subject, status, version, follows, opened_at, changed_at
from ticket
where number < $1::bigint and party_id = any($3::uuid[]) and ($4::text is null or status = $4::text)
order by number desc
limit $2::integer;
