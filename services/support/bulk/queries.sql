-- A ticket of an action is locked before the ticket's party, and nobody who holds a party waits for it.

-- name: add_action
-- What is to be done, and who says so.
insert into bulk_action (id, act, agent, created_at) values ($1::uuid, $2::jsonb, $3::text, $4::timestamptz);

-- name: add_items
-- To which tickets, in their order.
insert into bulk_item (bulk_id, place, ticket_id, expected_version)
select $1::uuid, place, ticket_id, expected_version
from unnest($2::integer[], $3::uuid[], $4::integer[]) as given (place, ticket_id, expected_version)
order by place;

-- name: take_item
-- The next one that is due and that no other instance works on; actions take turns.
select
    bulk_item.bulk_id, bulk_item.place, bulk_item.ticket_id, bulk_item.expected_version, bulk_item.tries, bulk_action.act,
    bulk_action.agent
from bulk_item
join bulk_action on bulk_action.id = bulk_item.bulk_id
where bulk_item.outcome = 'waiting' and bulk_item.due_at <= now()
order by bulk_item.place, bulk_item.bulk_id
limit 1
for update of bulk_item skip locked;

-- name: settle_item
-- How it went, for good.
update bulk_item set
    outcome = $3::text, reason = $4::text, detail = $5::text, version = $6::integer, settled_at = $7::timestamptz
where bulk_id = $1::uuid and place = $2::integer;

-- name: put_off_item
-- It failed once more than it had, unless another instance has said so meanwhile.
update bulk_item set tries = tries + 1, due_at = now() + make_interval(secs => $4::double precision)
where bulk_id = $1::uuid and place = $2::integer and outcome = 'waiting' and tries = $3::integer;

-- name: fail_item
-- It failed for the last time, unless another instance has said so meanwhile.
update bulk_item set
    outcome = 'failed', tries = tries + 1, reason = 'unexpected', detail = $4::text, settled_at = $5::timestamptz
where bulk_id = $1::uuid and place = $2::integer and outcome = 'waiting' and tries = $3::integer;

-- name: stop_items
-- What is waiting stays undone; of one action, or after a restore of all.
with waiting as (
    select bulk_id, place from bulk_item
    where outcome = 'waiting' and ($1::uuid is null or bulk_id = $1::uuid)
    order by bulk_id, place for update
)

update bulk_item set outcome = 'stopped', reason = $2::text, settled_at = $3::timestamptz
from waiting
where bulk_item.bulk_id = waiting.bulk_id and bulk_item.place = waiting.place;

-- name: find_action
-- One, with how many tickets stand where.
select
    bulk_action.id, bulk_action.act, bulk_action.agent, bulk_action.created_at,
    count(*) filter (where bulk_item.outcome = 'waiting') as waiting,
    count(*) filter (where bulk_item.outcome = 'done') as done,
    count(*) filter (where bulk_item.outcome = 'refused') as refused,
    count(*) filter (where bulk_item.outcome = 'failed') as failed,
    count(*) filter (where bulk_item.outcome = 'stopped') as stopped
from bulk_action
join bulk_item on bulk_item.bulk_id = bulk_action.id
where bulk_action.id = $1::uuid
group by bulk_action.id;

-- name: list_items
-- In their order, after a place; of one outcome or any.
select place, ticket_id, outcome, reason, detail, version, settled_at
from bulk_item
where bulk_id = $1::uuid and place > $2::integer and ($3::text is null or outcome = $3::text)
order by place
limit $4::integer;
