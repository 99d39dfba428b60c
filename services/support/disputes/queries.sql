-- Parties are locked before disputes.

-- name: add_dispute
-- As it was raised; one that stands already is left as it is.
insert into dispute (
    id, party_id, status, version, cause, minor, currency, owner, due_at, ticket_id, agreement_id, obligation, origin,
    sale_id, raised_at, changed_at
)
select
    $1::uuid, $2::uuid, 'raised', $3::integer, $4::text, $5::bigint, $6::text, $7::text, $8::timestamptz,
    (select id from ticket where id = $9::uuid), $10::uuid, $11::text, $12::text, $13::text, $14::timestamptz,
    $14::timestamptz
on conflict do nothing;

-- name: find_same
-- One of these parties that is not closed, of the same cause and about the same.
select id, status from dispute
where
    party_id = any($1::uuid[]) and status <> 'closed' and cause = $2::text and ticket_id is not distinct from $3::uuid
    and agreement_id is not distinct from $4::uuid and obligation is not distinct from $5::text
    and origin is not distinct from $6::text and sale_id is not distinct from $7::text
order by id
limit 1;

-- name: find_party_of_dispute
-- Whose dispute it is, which never changes: that party is locked before the dispute.
select party_id from dispute where id = $1::uuid;

-- name: find_parties_of_disputes
-- Whose these are.
select distinct party_id from dispute where id = any($1::uuid[]) order by party_id;

-- name: lock_disputes
-- What the rules need of disputes, whose parties are locked already.
select
    id, party_id, status, version, cause, minor, currency, offer_minor, offer_currency, owner, due_at, overdue_at, outcome
from dispute
where id = any($1::uuid[])
order by id
for update;

-- name: save_dispute
-- The state after an act, unless a later one is known.
update dispute set
    status = $2::text, version = $3::integer, offer_minor = $4::bigint, offer_currency = $5::text, owner = $6::text,
    due_at = $7::timestamptz, overdue_at = $8::timestamptz, outcome = $9::text, changed_at = $10::timestamptz
where id = $1::uuid and version < $3::integer;

-- name: add_step
-- A step of the machine, under the version that it led to, without its text where the party was erased.
insert into dispute_step (dispute_id, version, status, agent, minor, currency, body, stepped_at)
values ($1::uuid, $2::integer, $3::text, $4::text, $5::bigint, $6::text, $7::text, $8::timestamptz)
on conflict do nothing;

-- name: add_evidence
-- Once, whoever says it again.
insert into dispute_evidence (id, dispute_id, kind, reference, body, agent, added_at)
values ($1::uuid, $2::uuid, $3::text, $4::text, $5::text, $6::text, $7::timestamptz)
on conflict do nothing;

-- name: list_disputes
-- Newest first, below an id: of some parties, in some statuses, of an owner, or of all.
select
    id, party_id, status, version, cause, minor, currency, offer_minor, offer_currency, owner, due_at, overdue_at,
    outcome, ticket_id, agreement_id, obligation, origin, sale_id, raised_at, changed_at
from dispute
where
    id < $1::uuid and ($3::uuid[] is null or party_id = any($3::uuid[]))
    and ($4::text[] is null or status = any($4::text[])) and ($5::text is null or owner = $5::text)
order by id desc
limit $2::integer;

-- name: find_dispute
-- One, as in the list.
select
    id, party_id, status, version, cause, minor, currency, offer_minor, offer_currency, owner, due_at, overdue_at,
    outcome, ticket_id, agreement_id, obligation, origin, sale_id, raised_at, changed_at
from dispute
where id = $1::uuid;

-- name: find_steps
-- Everything that became of a dispute, oldest first.
select version, status, agent, minor, currency, body, stepped_at
from dispute_step
where dispute_id = $1::uuid
order by version;

-- name: find_evidence
-- What speaks for either side, oldest first.
select id, kind, reference, body, agent, added_at
from dispute_evidence
where dispute_id = $1::uuid
order by added_at, id;

-- name: forget_texts
-- What was written about disputes of an erased party goes; how many texts there were.
with steps as (
    update dispute_step set body = null
    from dispute
    where dispute.id = dispute_step.dispute_id and dispute.party_id = $1::uuid and dispute_step.body is not null
    returning 1
),
pieces as (
    update dispute_evidence set body = null
    from dispute
    where dispute.id = dispute_evidence.dispute_id and dispute.party_id = $1::uuid and dispute_evidence.body is not null
    returning 1
)
select (select count(*) from steps) + (select count(*) from pieces) as texts;
