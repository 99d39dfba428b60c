-- name: load_engagements
-- Engagements that wait for an earlier first sale.
select party_id, occurred_at, event_id from engagement where party_id = any ($1::uuid[])

-- name: add_engagements
-- The same again is possible only within one redrive.
insert into engagement (party_id, occurred_at, event_id)
select * from unnest($1::uuid[], $2::timestamptz[], $3::text[])
on conflict do nothing
