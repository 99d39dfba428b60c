-- name: add_sales
-- Sorted by the caller; a sale that is known stays as it is.
insert into sale (origin, sale_id, party_id, content, event_id)
select * from unnest($1::text[], $2::text[], $3::uuid[], $4::bytea[], $5::uuid[])
on conflict (origin, sale_id) do nothing

-- name: load_sales
-- What is known under these names.
select sale.origin, sale.sale_id, sale.party_id, sale.content, sale.event_id
from unnest($1::text[], $2::text[]) as named (origin, sale_id)
join sale on sale.origin = named.origin and sale.sale_id = named.sale_id

-- name: add_texts
-- One row a published event that says `has_text` or `has_evidence`.
insert into fact_text (event_id, party_id, kind, body, recorded_at)
select * from unnest($1::uuid[], $2::uuid[], $3::text[], $4::text[], $5::timestamptz[])

-- name: load_texts
-- What an event said in free text.
select event_id, party_id, kind, body, recorded_at from fact_text where event_id = $1
