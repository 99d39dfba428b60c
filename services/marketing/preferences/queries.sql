-- name: add_opt_in
-- Once for each letter, place and what stood there.
insert into opt_in (id, party_id, purpose, topic, channel, message_id, given_at)
values ($1, $2, $3, $4, $5, $6, $7) on conflict do nothing returning id

-- name: load_opt_ins
-- All of these parties; which statement holds is decided in the domain.
select id, party_id, purpose, topic, channel, message_id, given_at from opt_in where party_id = any($1::uuid[])
