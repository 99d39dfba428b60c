-- name: add_suppression
-- Once for each letter and the consent that its link ends.
insert into suppression (id, party_id, purpose, topic, channel, message_id, suppressed_at)
values ($1, $2, $3, $4, $5, $6, $7) on conflict do nothing returning id

-- name: load_suppressions
-- Every suppression of these parties; which statement holds is decided in the domain.
select id, party_id, purpose, topic, channel, message_id, suppressed_at
from suppression where party_id = any($1::uuid[])

-- name: list_suppressions
-- The newest first.
select id as suppression_id, party_id, purpose, nullif(topic, '') as topic, channel, message_id, suppressed_at
from suppression
where ($1::uuid[] is null or party_id = any($1))
  and ($2::timestamptz is null or (suppressed_at, id) < ($2, $3::uuid))
order by suppressed_at desc, id desc limit $4
