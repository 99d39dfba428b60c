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

-- name: add_records
-- Sorted by the caller. The same again is possible only after a restore.
insert into consent_record (
    event_id, party_id, said, purpose, topic, channel, occurred_at, recorded_at, expires_at, basis, text_version, origin,
    identity_type, identity_id, has_evidence
)
select *
from unnest(
    $1::uuid[], $2::uuid[], $3::text[], $4::text[], $5::text[], $6::text[], $7::timestamptz[], $8::timestamptz[],
    $9::timestamptz[], $10::text[], $11::text[], $12::text[], $13::text[], $14::text[], $15::boolean[]
)
on conflict (event_id) do nothing

-- name: load_records
-- What these events said of consent.
select
    event_id, party_id, said, purpose, topic, channel, occurred_at, recorded_at, expires_at, basis, text_version, origin,
    identity_type, identity_id, has_evidence
from consent_record
where event_id = any ($1::uuid[])

-- name: load_histories
-- Everything that was said of these parties' consents.
select
    event_id, party_id, said, purpose, topic, channel, occurred_at, recorded_at, expires_at, basis, text_version, origin,
    identity_type, identity_id, has_evidence
from consent_record
where party_id = any ($1::uuid[])
order by recorded_at, event_id

-- name: list_records
-- Newest first, before a place; $4 null for every purpose, $5 for every channel.
select
    event_id, party_id, said, purpose, topic, channel, occurred_at, recorded_at, expires_at, basis, text_version, origin,
    identity_type, identity_id, has_evidence
from consent_record
where
    party_id = $1 and (recorded_at, event_id) < ($2, $3)
    and ($4::text is null or purpose = $4) and ($5::text is null or channel = $5)
order by recorded_at desc, event_id desc
limit $6
