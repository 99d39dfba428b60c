-- name: add_duplicates
-- Returns the pairs that were not known.
insert into duplicate (low_id, high_id, reason, suspected_at)
select * from unnest($1::uuid[], $2::uuid[], $3::text[], $4::timestamptz[])
on conflict (low_id, high_id) do nothing
returning low_id, high_id

-- name: add_likenesses
-- Sorted by the caller. Returns the pairs that were not known; an open one gets its newest score, a decided one stays.
insert into duplicate (low_id, high_id, reason, suspected_at, bits, reasons)
select low_id, high_id, 'likeness', suspected_at, bits, string_to_array(reasons, '|')
from unnest($1::uuid[], $2::uuid[], $3::timestamptz[], $4::float8[], $5::text[])
    as found (low_id, high_id, suspected_at, bits, reasons)
on conflict (low_id, high_id) do update set bits = excluded.bits, reasons = excluded.reasons
where duplicate.state = 'open'
returning low_id, high_id, xmax = 0 as fresh

-- name: load_records
-- What was compared of these parties last.
select party_id, traits::text as traits from matching_record where party_id = any ($1::uuid[])

-- name: save_records
-- Sorted by the caller.
insert into matching_record (party_id, traits)
select * from unnest($1::uuid[], $2::jsonb[])
on conflict (party_id) do update set traits = excluded.traits

-- name: forget_keys
-- Before new ones are written.
delete from matching_key where party_id = any ($1::uuid[])

-- name: add_keys
-- Sorted by the caller.
insert into matching_key (key, party_id)
select * from unnest($1::bigint[], $2::uuid[])
on conflict do nothing

-- name: forget_records
-- Of parties that were erased.
delete from matching_record where party_id = any ($1::uuid[])

-- name: find_candidates
-- By the place of each record, those who share a key that no more than $3 share, those of most keys first. A key is read
-- no further than it takes to know that it tells nothing.
with named as (
    select place, key from unnest($1::integer[], $2::bigint[]) as named (place, key)
), shared as (
    select named.place, found.party_id
    from named
    cross join lateral (
        select array_agg(party_id) as party_ids
        from (select party_id from matching_key where matching_key.key = named.key order by party_id limit $3 + 1) as first
    ) as block
    cross join lateral unnest(block.party_ids) as found (party_id)
    where cardinality(block.party_ids) <= $3
), ranked as (
    select place, party_id, row_number() over (partition by place order by count(*) desc, party_id) as rank
    from shared
    group by place, party_id
)
select ranked.place, ranked.party_id, record.traits::text as traits
from ranked
join matching_record as record on record.party_id = ranked.party_id
where ranked.rank <= $4
order by ranked.place, ranked.rank

-- name: list_duplicates
-- Of a state, the likeliest first, after a place.
select
    id, low_id, high_id, reason, reasons, bits, state, suspected_at, decided_at, decided_because,
    coalesce(bits, 0) as place
from duplicate
where state = $1 and (coalesce(bits, 0), id) < ($2, $3)
order by coalesce(bits, 0) desc, id desc
limit $4

-- name: decide_duplicate
-- An open one; no row where there is none.
update duplicate set state = 'dismissed', decided_at = $2, decided_because = $3
where id = $1 and state = 'open'
returning id, low_id, high_id, reason, reasons, bits, state, suspected_at, decided_at, decided_because

-- name: load_duplicate
-- One pair.
select id, low_id, high_id, reason, reasons, bits, state, suspected_at, decided_at, decided_because
from duplicate
where id = $1

-- name: settle_duplicates
-- Pairs of which one goes on as the other are answered, and are questions again where that is taken back.
update duplicate set
    state = case when pair.merged_into is null then 'open' else 'merged' end,
    merged_id = case when pair.merged_into is not null then pair.party_id end,
    decided_at = case when pair.merged_into is not null then $3::timestamptz end
from unnest($1::uuid[], $2::uuid[]) as pair (party_id, merged_into)
where
    (pair.merged_into is null and duplicate.state = 'merged' and duplicate.merged_id = pair.party_id)
    or (
        pair.merged_into is not null and duplicate.state = 'open'
        and duplicate.low_id = least(pair.party_id, pair.merged_into)
        and duplicate.high_id = greatest(pair.party_id, pair.merged_into)
    )
