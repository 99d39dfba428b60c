-- The party of a ticket is locked before the ticket.

-- name: forget_ticket_texts
-- What erased customers wrote; the ticket stays and is counted.
update ticket set subject = null, body = null
where party_id = $1 and (subject is not null or body is not null);

-- name: forget_names
-- Of what messages of erased customers are known by, a hash stays: one that is read after the erasure joins the ticket
-- that it would have joined before.
with of_tickets as (
    update ticket set thread = null, in_reply_to = null
    where party_id = $1::uuid and (thread is not null or in_reply_to is not null)
),
of_replies as (
    update reply set reference = null
    from ticket
    where ticket.id = reply.ticket_id and ticket.party_id = $1::uuid and reply.reference is not null
)
update ticket_reference set reference = forgotten_name(reference)
where party_id = $1::uuid and reference !~ '^forgotten:[0-9a-f]{64}$';

-- name: find_tickets_of
-- Every ticket of these parties, by index.
select id from ticket where party_id = any($1::uuid[]) order by id;

-- name: forget_reply_texts
-- What was written to them and about them.
update reply set subject = null, body = null
from ticket
where
    ticket.id = reply.ticket_id and ticket.party_id = $1
    and (reply.subject is not null or reply.body is not null);

-- name: find_known_requests
-- Those of these requests that are tickets or messages already.
select request_event_id as id from ticket where request_event_id = any($1::text[])
union all
select message_event_id from reply where message_event_id = any($1::text[]);

-- name: load_references
-- The ticket that each (party, reference) leads to; one that was merged leads on to where it went.
with recursive found as (
    select asked.party_id, asked.reference, ticket_reference.ticket_id as id
    from unnest($1::uuid[], $2::text[]) as asked (party_id, reference)
    join ticket_reference
        on
            ticket_reference.party_id = asked.party_id
            and ticket_reference.reference in (asked.reference, forgotten_name(asked.reference))
    union
    select found.party_id, found.reference, ticket.merged_into
    from found join ticket on ticket.id = found.id
    where ticket.merged_into is not null
)
select found.party_id, found.reference, found.id
from found join ticket on ticket.id = found.id
where ticket.merged_into is null;

-- name: save_references
-- The newest ticket to which a message of this name belongs; of erased customers a hash of it.
insert into ticket_reference (party_id, reference, ticket_id)
select
    said.party_id,
    case when party.erased then forgotten_name(said.reference) else said.reference end as reference,
    said.ticket_id
from unnest($1::uuid[], $2::text[], $3::uuid[]) as said (party_id, reference, ticket_id)
left join party on party.id = said.party_id
order by said.party_id, 2
on conflict (party_id, reference) do update set ticket_id = excluded.ticket_id;

-- name: load_correspondence
-- A ticket with those merged into it: which requests it is made of, and by what its newest messages are known.
with recursive whole as (
    select $1::uuid as id
    union
    select ticket.id from ticket join whole on ticket.merged_into = whole.id
),
message as (
    select ticket.request_event_id as event_id, ticket.thread as reference, ticket.recorded_at as at
    from ticket join whole on whole.id = ticket.id
    union all
    select newest.message_event_id, newest.reference, newest.recorded_at
    from whole cross join lateral (
        select message_event_id, reference, recorded_at
        from reply
        where reply.ticket_id = whole.id and reply.author = 'customer'
        order by id desc
        limit 50
    ) as newest
)
select
    ticket.channel, ticket.subject,
    (select array_agg(event_id order by at) from message where event_id is not null) as requests,
    (select array_agg(reference order by at) from message where reference is not null) as follows
from ticket
where ticket.id = $1::uuid;

-- name: draw_numbers
-- As many ticket numbers as requests; a number drawn for a transaction that fails is never used.
select nextval('ticket_number') as number from generate_series(1, $1::integer);

-- name: add_tickets
-- A ticket per request, once, of erased customers without what its message is known by; returns those that are new.
insert into ticket (
    id, number, party_id, request_event_id, channel, subject, body, locale, thread, in_reply_to,
    sku, sale_id, origin, follows, opened_at, recorded_at, changed_at
)
select
    opening.id, opening.number, opening.party_id, opening.request_event_id, opening.channel, opening.subject,
    opening.body, opening.locale, case when not party.erased then opening.thread end,
    case when not party.erased then opening.in_reply_to end, opening.sku, opening.sale_id, opening.origin,
    opening.follows, opening.opened_at, opening.recorded_at, opening.recorded_at
from unnest(
    $1::uuid[], $2::bigint[], $3::uuid[], $4::text[], $5::text[], $6::text[], $7::text[], $8::text[], $9::text[],
    $10::text[], $11::text[], $12::text[], $13::text[], $14::uuid[], $15::timestamptz[], $16::timestamptz[]
) as opening (
    id, number, party_id, request_event_id, channel, subject, body, locale, thread,
    in_reply_to, sku, sale_id, origin, follows, opened_at, recorded_at
)
join party on party.id = opening.party_id
order by opening.number
on conflict do nothing
returning id;

-- name: complete_tickets
-- Of tickets without an origin, which is what the topic does not tell.
update ticket
set subject = given.subject, body = given.body, locale = given.locale, origin = given.origin,
    thread = case when not party.erased then given.thread end,
    in_reply_to = case when not party.erased then given.in_reply_to end
from unnest($1::uuid[], $2::text[], $3::text[], $4::text[], $5::text[], $6::text[], $7::text[])
    as given (id, subject, body, locale, thread, in_reply_to, origin),
    party
where ticket.id = given.id and ticket.origin = '' and party.id = ticket.party_id;

-- name: take_back_ticket
-- As its opening tells; one that it follows may be lost. Its request completes it.
insert into ticket (
    id, number, party_id, request_event_id, channel, sku, sale_id, origin, follows, split_from, opened_at, recorded_at,
    changed_at
)
select
    $1::uuid, $2::bigint, $3::uuid, $4::text, $5::text, $6::text, $7::text, '',
    (select id from ticket where id = $8::uuid), (select id from ticket where id = $11::uuid), $9::timestamptz,
    $10::timestamptz, $10::timestamptz
on conflict do nothing;

-- name: take_back_reply
-- That somebody wrote; the text is lost. Nothing where the reply is known, or its ticket is not.
with ticket_written as (
    insert into reply (id, ticket_id, kind, author, agent, channel, message_event_id, written_at, recorded_at)
    select $2::uuid, ticket.id, $3::text, $4::text, $5::text, $6::text, $7::text, $8::timestamptz, $9::timestamptz
    from ticket where ticket.id = $1::uuid
    on conflict do nothing
    returning ticket_id
)
update ticket set version = ticket.version + 1, changed_at = $8::timestamptz
from ticket_written where ticket.id = ticket_written.ticket_id;

-- name: take_back_merge
-- Where a ticket goes on, or that it goes on by itself again.
update ticket set merged_into = (select id from ticket where id = $2::uuid) where id = $1::uuid;

-- name: take_back_status
-- One step of the status machine that is not known.
with stepped as (
    update ticket set
        status = $4::text, version = $2::integer, changed_at = $6::timestamptz, waits_for = $7::text,
        until = $8::timestamptz, merged_into = case when $4::text = 'merged' then merged_into end,
        settled_at = case when $4::text = 'resolved' then $6::timestamptz else settled_at end
    where id = $1::uuid and version < $2::integer
    returning id
)
insert into status_change (ticket_id, version, previous, status, agent, changed_at, waits_for)
select id, $2::integer, $3::text, $4::text, $5::text, $6::timestamptz, $7::text from stepped
on conflict do nothing;

-- name: continue_numbers
-- A number that was drawn is never drawn again.
select setval('ticket_number', greatest(number, 1), number > 0)
from (select greatest((select coalesce(max(number), 0) from ticket), (select last_value from ticket_number)) as number)
    as highest;

-- name: find_party_of_ticket
-- Whose ticket it is, which never changes: that party is locked before the ticket.
select party_id from ticket where id = $1::uuid;

-- name: find_parties_of_tickets
-- Whose these are.
select distinct party_id from ticket where id = any($1::uuid[]) order by party_id;

-- name: lock_tickets
-- What the rules need of tickets, whose parties are locked already.
select id, number, party_id, request_event_id, status, version, waits_for, until, settled_at, merged_into
from ticket
where id = any($1::uuid[])
order by id
for update;

-- name: save_tickets
-- The state after an act.
update ticket set
    status = given.status, version = given.version, waits_for = given.waits_for, until = given.until,
    settled_at = given.settled_at, merged_into = given.merged_into, changed_at = given.changed_at
from unnest(
    $1::uuid[], $2::text[], $3::integer[], $4::text[], $5::timestamptz[], $6::timestamptz[], $7::uuid[], $8::timestamptz[]
) as given (id, status, version, waits_for, until, settled_at, merged_into, changed_at)
where ticket.id = given.id;

-- name: add_status_changes
-- Steps of the machine, each under the version that it led to.
insert into status_change (ticket_id, version, previous, status, agent, changed_at, waits_for)
select * from unnest($1::uuid[], $2::integer[], $3::text[], $4::text[], $5::text[], $6::timestamptz[], $7::text[])
    as step (ticket_id, version, previous, status, agent, changed_at, waits_for)
order by ticket_id, version;

-- name: add_replies
-- Replies, notes and messages, without their texts if the customer was erased meanwhile.
insert into reply (
    id, ticket_id, kind, author, agent, subject, body, channel, message_event_id, reference, written_at, recorded_at
)
select
    said.id, said.ticket_id, said.kind, said.author, said.agent, said.subject, said.body, said.channel,
    said.message_event_id, case when not party.erased then said.reference end, said.written_at, said.recorded_at
from unnest(
    $1::uuid[], $2::uuid[], $3::text[], $4::text[], $5::text[], $6::text[], $7::text[], $8::text[], $9::text[],
    $10::text[], $11::timestamptz[], $12::timestamptz[]
) as said (
    id, ticket_id, kind, author, agent, subject, body, channel, message_event_id, reference, written_at, recorded_at
)
join ticket on ticket.id = said.ticket_id
join party on party.id = ticket.party_id
order by said.id
on conflict do nothing;

-- name: complete_messages
-- The texts of messages that were taken back from the topic, which does not tell them.
update reply set
    subject = given.subject, body = given.body, reference = case when not party.erased then given.reference end
from
    unnest($1::text[], $2::text[], $3::text[], $4::text[]) as given (event_id, subject, body, reference), ticket, party
where
    reply.message_event_id = given.event_id and reply.subject is null and reply.body is null
    and ticket.id = reply.ticket_id and party.id = ticket.party_id;

-- name: complete_references
-- What messages are known by that came again after a restore.
insert into ticket_reference (party_id, reference, ticket_id)
select distinct on (given.party_id, given.reference)
    given.party_id, case when party.erased then forgotten_name(given.reference) else given.reference end,
    coalesce(reply.ticket_id, ticket.id)
from unnest($1::text[], $2::uuid[], $3::text[]) as given (event_id, party_id, reference)
left join party on party.id = given.party_id
left join ticket on ticket.request_event_id = given.event_id
left join reply on reply.message_event_id = given.event_id
where given.reference is not null
order by given.party_id, given.reference, ticket.number desc nulls last
on conflict (party_id, reference) do nothing;

-- name: find_own_replies
-- Which of these are replies of this ticket.
select id, subject from reply where ticket_id = $1::uuid and id = any($2::uuid[]) order by id;

-- name: add_split_ticket
-- A ticket made of a part of another.
insert into ticket (
    id, number, party_id, channel, subject, locale, sku, sale_id, origin, split_from, opened_at, recorded_at, changed_at
)
select
    $2::uuid, nextval('ticket_number'), party_id, channel, $3::text, locale, sku, sale_id, origin, id, $4::timestamptz,
    $4::timestamptz, $4::timestamptz
from ticket
where id = $1::uuid
returning number, channel, sku, sale_id, origin;

-- name: move_replies
-- What was split off goes on in the new ticket, and what answers it leads there. A letter is known by the id of its reply.
with moved as (
    update reply set ticket_id = made.id
    from ticket as made
    where made.id = $2::uuid and reply.ticket_id = $1::uuid and reply.id = any($3::uuid[])
    returning reply.id, reply.reference
)
update ticket_reference set ticket_id = $2::uuid
from moved
where
    ticket_reference.ticket_id = $1::uuid
    and (
        ticket_reference.reference = moved.reference
        or moved.reference is null and split_part(ticket_reference.reference, '@', 1) = moved.id::text
    );
