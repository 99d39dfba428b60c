-- name: add_erasure
-- Nothing where one of this party waits already.
insert into erasure (id, party_id, party_ids, state, because, requested_by, requested_at, ground)
values ($1, $2, $3::uuid[], 'requested', $4, $5, $6, $7)
on conflict (party_id) where state = 'requested' do nothing
returning id

-- name: find_open
-- The erasure of this party that waits.
select id from erasure where party_id = $1 and state = 'requested'

-- name: lock_erasure
-- Two who decide the same wait for each other.
select id from erasure where id = $1 for update

-- name: find_erasure
-- One, as it is.
select
    id, party_id, party_ids, state, because, requested_by, requested_at, decided_by, decided_at, found::text as found,
    parked, quarantined, searched_at, lost, ground, exemption
from erasure
where id = $1

-- name: list_erasures
-- Newest first, before an id; $3 null for every state.
select
    id, party_id, party_ids, state, because, requested_by, requested_at, decided_by, decided_at, found::text as found,
    parked, quarantined, searched_at, lost, ground, exemption
from erasure
where id < $1 and ($3::text is null or state = $3)
order by id desc
limit $2

-- name: load_unsearched
-- Approved ones whose parties have not been looked for among what waits for an operator.
select
    id, party_id, party_ids, state, because, requested_by, requested_at, decided_by, decided_at, found::text as found,
    parked, quarantined, searched_at, lost, ground, exemption
from erasure
where state = 'approved' and searched_at is null
order by id

-- name: decide
-- Under its lock. Why it was asked for is not kept once it is approved, so that it is not missed either.
update erasure
set
    state = $2, decided_by = $3, decided_at = $4, party_ids = $5::uuid[], found = $6::jsonb, exemption = $7,
    lost = case when $2 = 'approved' then array_remove(lost, 'because') else lost end
where id = $1

-- name: forget_reasons
-- What people wrote of these parties, also where it was declined, or asked of one that was merged.
update erasure set because = '' where party_id = any ($1::uuid[]) and because <> ''

-- name: take_back
-- As an event of it tells. Records that waited are looked for again: those of the backup wait again.
insert into erasure (
    id, party_id, party_ids, state, because, requested_by, requested_at, decided_by, decided_at, found, lost, ground
)
values ($1, $2, $3::uuid[], 'approved', '', $4, $5, $6, $7, $8::jsonb, $9::text[], $10)
on conflict (id) do update set
    party_ids = excluded.party_ids, state = excluded.state, because = '', decided_by = excluded.decided_by,
    decided_at = excluded.decided_at, found = excluded.found, lost = excluded.lost, ground = excluded.ground,
    exemption = null

-- name: take_back_undone
-- As an event of it tells. What stands of it, with why it was asked for, is only declined; an approval holds, in whatever
-- order the partitions of topics are read. Where one of the party waits already, nobody had told how that one ended.
insert into erasure as known (
    id, party_id, party_ids, state, because, requested_by, requested_at, decided_by, decided_at, lost, ground, exemption
)
select $1, $2, array[$2::uuid], $3, '', $4, $5, $6, $7, $8::text[], $9, $10
where $3 <> 'requested' or not exists (select from erasure where party_id = $2 and state = 'requested')
on conflict (id) do update set
    state = excluded.state, decided_by = excluded.decided_by, decided_at = excluded.decided_at,
    exemption = excluded.exemption
    where known.state = 'requested' and excluded.state = 'declined'

-- name: mark_searched
-- A search that was cut short has counted nothing; what it gave up is gone all the same.
update erasure
set parked = $2, quarantined = $3, searched_at = now()
where id = $1 and searched_at is null

-- name: count_left
-- What contacts still holds of these parties that says who they are; all of it 0 after an erasure.
select
    (
        select count(*) from party
        where id = any ($1::uuid[]) and (num_nonnulls(name, address, birth_date, locale, time_zone, owner) > 0 or details <> '{}')
    ) as party,
    (select count(*) from identity where party_id = any ($1::uuid[])) as identity,
    (select count(*) from shared_identity where party_id = any ($1::uuid[])) as shared_identity,
    (select count(*) from flagged_identity where party_id = any ($1::uuid[])) as flagged_identity,
    (select count(*) from party_revision where party_id = any ($1::uuid[])) as party_revision,
    (
        select count(*) from party_merge
        where (into_party_id = any ($1::uuid[]) or merged_party_id = any ($1::uuid[])) and because <> ''
    ) as party_merge,
    (
        select count(*) from identity_move
        where (from_party_id = any ($1::uuid[]) or to_party_id = any ($1::uuid[])) and because <> ''
    ) as identity_move,
    (select count(*) from fact_text where party_id = any ($1::uuid[])) as fact_text,
    (select count(*) from searched_party where party_id = any ($1::uuid[])) as searched_party

-- name: add_confirmations
-- Sorted by the caller; the first one counted what was there.
insert into erasure_confirmation (party_id, service, forgotten, event_id, confirmed_at)
select * from unnest($1::uuid[], $2::text[], $3::jsonb[], $4::text[], $5::timestamptz[])
on conflict (party_id, service) do nothing

-- name: load_confirmations
-- Who has confirmed that these parties are forgotten.
select service, forgotten::text as forgotten, event_id, confirmed_at
from erasure_confirmation
where party_id = any ($1::uuid[])
order by confirmed_at, service
