-- name: add_sales
-- Sorted by the caller; a sale that is known stays as it is.
insert into sale (origin, sale_id, party_id, content, event_id, sold_at, revision, state)
select * from unnest(
    $1::text[], $2::text[], $3::uuid[], $4::bytea[], $5::uuid[], $6::timestamptz[], $7::integer[], $8::text[]
)
on conflict (origin, sale_id) do nothing

-- name: load_sales
-- What is known under these names.
select sale.origin, sale.sale_id, sale.party_id, sale.content, sale.event_id, sale.sold_at, sale.revision, sale.state
from unnest($1::text[], $2::text[]) as named (origin, sale_id)
join sale on sale.origin = named.origin and sale.sale_id = named.sale_id

-- name: lock_sales
-- Sorted, for those who revise the same sales.
select sale.origin, sale.sale_id, sale.party_id, sale.content, sale.event_id, sale.sold_at, sale.revision, sale.state
from unnest($1::text[], $2::text[]) as named (origin, sale_id)
join sale on sale.origin = named.origin and sale.sale_id = named.sale_id
order by sale.origin, sale.sale_id
for no key update of sale

-- name: reserve_sales
-- Waits for whoever is just telling one of these sales, and keeps others from telling it until the transaction ends.
insert into sale (origin, sale_id, party_id, content, event_id)
select origin, sale_id, '00000000-0000-0000-0000-000000000000', '', '00000000-0000-0000-0000-000000000000'
from unnest($1::text[], $2::text[]) as named (origin, sale_id)
order by origin, sale_id
on conflict (origin, sale_id) do nothing

-- name: release_sales
-- The rows of reserve_sales, which nobody else has seen.
delete from sale
using unnest($1::text[], $2::text[]) as named (origin, sale_id)
where sale.origin = named.origin and sale.sale_id = named.sale_id
    and sale.event_id = '00000000-0000-0000-0000-000000000000'

-- name: save_revisions
-- Of locked sales.
update sale set content = revised.content, revision = revised.revision, state = revised.state
from unnest($1::text[], $2::text[], $3::bytea[], $4::integer[], $5::text[])
    as revised (origin, sale_id, content, revision, state)
where sale.origin = revised.origin and sale.sale_id = revised.sale_id

-- name: add_waiting
-- Sorted by the caller. Of each party only the highest revision is of use.
insert into waiting_revision as known (origin, sale_id, party_id, revision, fact)
select * from unnest($1::text[], $2::text[], $3::uuid[], $4::integer[], $5::text[])
on conflict (origin, sale_id, party_id) do update set revision = excluded.revision, fact = excluded.fact
where known.revision < excluded.revision

-- name: load_waiting
-- What came before these sales.
select waiting.origin, waiting.sale_id, waiting.party_id, waiting.fact
from unnest($1::text[], $2::text[]) as named (origin, sale_id)
join waiting_revision as waiting on waiting.origin = named.origin and waiting.sale_id = named.sale_id
order by waiting.origin, waiting.sale_id, waiting.party_id
for update of waiting

-- name: lock_waiting_of
-- What waits for sales of these parties.
select origin, sale_id, party_id, fact from waiting_revision
where party_id = any ($1::uuid[])
order by origin, sale_id, party_id
for update

-- name: save_waiting
-- Of locked rows.
update waiting_revision set fact = told.fact
from unnest($1::text[], $2::text[], $3::uuid[], $4::text[]) as told (origin, sale_id, party_id, fact)
where
    waiting_revision.origin = told.origin and waiting_revision.sale_id = told.sale_id
    and waiting_revision.party_id = told.party_id

-- name: forget_waiting
-- What has been applied.
delete from waiting_revision as waiting
using unnest($1::text[], $2::text[]) as named (origin, sale_id)
where waiting.origin = named.origin and waiting.sale_id = named.sale_id

-- name: add_texts
-- One row a published event that says `has_text` or `has_evidence`.
insert into fact_text (event_id, party_id, kind, body, recorded_at)
select * from unnest($1::uuid[], $2::uuid[], $3::text[], $4::text[], $5::timestamptz[])

-- name: load_texts
-- What an event said in free text.
select event_id, party_id, kind, body, recorded_at from fact_text where event_id = $1

-- name: forget_texts
-- What parties that are erased said in free text.
delete from fact_text where party_id = any ($1::uuid[])
