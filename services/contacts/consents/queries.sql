-- name: load_statements
-- The statement that decides so far, of each kind that is asked for.
select
    consent.party_id, consent.purpose, consent.topic, consent.channel, consent.event_id, consent.given,
    consent.occurred_at, consent.recorded_at, consent.expires_at
from unnest($1::uuid[], $2::text[], $3::text[], $4::text[]) as asked (party_id, purpose, topic, channel)
join consent on
    consent.party_id = asked.party_id and consent.purpose = asked.purpose and consent.topic = asked.topic
    and consent.channel = asked.channel

-- name: save_statements
-- Sorted by the caller, each of a higher rank than what stands.
insert into consent (
    party_id, purpose, topic, channel, event_id, given, occurred_at, recorded_at, expires_at, basis, text_version
)
select *
from unnest(
    $1::uuid[], $2::text[], $3::text[], $4::text[], $5::text[], $6::boolean[], $7::timestamptz[], $8::timestamptz[],
    $9::timestamptz[], $10::text[], $11::text[]
)
on conflict (party_id, purpose, topic, channel) do update set
    event_id = excluded.event_id, given = excluded.given, occurred_at = excluded.occurred_at,
    recorded_at = excluded.recorded_at, expires_at = excluded.expires_at, basis = excluded.basis,
    text_version = excluded.text_version
