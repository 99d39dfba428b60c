-- name: add_duplicates
-- Returns the pairs that were not known.
insert into duplicate (low_id, high_id, reason, suspected_at)
select * from unnest($1::uuid[], $2::uuid[], $3::text[], $4::timestamptz[])
on conflict (low_id, high_id) do nothing
returning low_id, high_id

-- name: add_likenesses
-- Sorted by the caller. Returns the pairs that were not known; an open one gets its newest score, a decided one stays.
insert into duplicate (low_id, high_id, reason, suspected_at, bits, reasons, certain, model)
select low_id, high_id, 'likeness', suspected_at, bits, string_to_array(reasons, '|'), certain, model
from unnest($1::uuid[], $2::uuid[], $3::timestamptz[], $4::float8[], $5::text[], $6::boolean[], $7::integer[])
    as found (low_id, high_id, suspected_at, bits, reasons, certain, model)
on conflict (low_id, high_id) do update set
    bits = excluded.bits, reasons = excluded.reasons, certain = excluded.certain, model = excluded.model,
    left_because = null
where duplicate.state = 'open'
returning low_id, high_id, xmax = 0 as fresh

-- name: load_records
-- What was compared of these parties last.
select party_id, traits::text as traits from matching_record where party_id = any ($1::uuid[])

-- name: save_records
-- Sorted by the caller. Keys that they had and have no more go; those that they keep are not written again.
with gone as (
    delete from matching_key
    where party_id = any ($5::uuid[]) and (key, party_id) not in (select * from unnest($3::bigint[], $4::uuid[]))
), kept as (
    insert into matching_record (party_id, traits)
    select * from unnest($1::uuid[], $2::jsonb[])
    on conflict (party_id) do update set traits = excluded.traits
)
insert into matching_key (key, party_id)
select * from unnest($3::bigint[], $4::uuid[])
on conflict do nothing

-- name: forget_keys
-- Of parties that were erased.
delete from matching_key where party_id = any ($1::uuid[])

-- name: forget_records
-- Of parties that were erased.
delete from matching_record where party_id = any ($1::uuid[])

-- name: forget_reasons
-- What people wrote when they answered about parties that are erased.
update duplicate set decided_because = null
where (low_id = any ($1::uuid[]) or high_id = any ($1::uuid[])) and decided_because is not null

-- name: find_candidates
-- By the place of each record, those who share a key that no more than $3 share, $4 at most: first those who share the most
-- keys, each the more the fewer have it. A key is read no further than it takes to know that it tells nothing.
with named as (
    select place, key from unnest($1::integer[], $2::bigint[]) as named (place, key)
), shared as (
    select named.place, found.party_id, 1000000 / cardinality(block.party_ids) as share
    from named
    cross join lateral (
        select array_agg(party_id) as party_ids
        from (select party_id from matching_key where matching_key.key = named.key order by party_id limit $3 + 1) as first
    ) as block
    cross join lateral unnest(block.party_ids) as found (party_id)
    where cardinality(block.party_ids) <= $3
), ranked as (
    select place, party_id, row_number() over (partition by place order by sum(share) desc, party_id) as rank
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
select *
from shown_duplicate
where state = $1 and (place, id) < ($2, $3)
order by place desc, id desc
limit $4

-- name: list_doubted
-- The same of those against which something speaks, which have an index of their own, for only merged ones are doubted.
select *
from shown_duplicate
where state = 'merged' and state = $1 and doubted_at is not null and (place, id) < ($2, $3)
order by place desc, id desc
limit $4

-- name: decide_duplicate
-- An open one; no row where there is none.
update duplicate set state = 'dismissed', decided_at = $2, decided_because = $3
where id = $1 and state = 'open'
returning id

-- name: load_duplicate
-- One pair.
select * from shown_duplicate where id = $1

-- name: settle_duplicates
-- Pairs of which one goes on as the other are answered, and are questions again where that is taken back.
update duplicate set
    state = case when pair.merged_into is null then 'open' else 'merged' end,
    merged_id = case when pair.merged_into is not null then pair.party_id end,
    decided_at = case when pair.merged_into is not null then $3::timestamptz end,
    doubted_at = null, doubted_because = null
from unnest($1::uuid[], $2::uuid[]) as pair (party_id, merged_into)
where
    (pair.merged_into is null and duplicate.state = 'merged' and duplicate.merged_id = pair.party_id)
    or (
        pair.merged_into is not null and duplicate.state = 'open'
        and duplicate.low_id = least(pair.party_id, pair.merged_into)
        and duplicate.high_id = greatest(pair.party_id, pair.merged_into)
    )

-- name: take_certain
-- The likeliest of those that are asked about for no reason yet; another instance takes the next one.
select id, low_id, high_id, reasons from duplicate
where state = 'open' and certain and left_because is null
order by bits desc, id
limit 1 for update skip locked

-- name: answer_by_merge
-- One that was taken: it is a question again once the party that goes on as another is itself again.
update duplicate set state = 'merged', merged_id = $2, decided_at = $3 where id = $1

-- name: leave_to_people
-- One that was taken.
update duplicate set left_because = $2 where id = $1

-- name: were_dismissed
-- Whether people said of any of these pairs, the lower id first, that they are two.
select exists (
    select from duplicate
    join unnest($1::uuid[], $2::uuid[]) as pair (low_id, high_id)
        on duplicate.low_id = pair.low_id and duplicate.high_id = pair.high_id
    where duplicate.state = 'dismissed'
)

-- name: load_merged
-- The pairs of any of these parties that were alike and are one, both still compared; those that people confirmed only where
-- something was learnt of one of the two.
select low_id, high_id from duplicate
where state = 'merged' and bits is not null
    and (decided_because is null or low_id = any ($2::uuid[]) or high_id = any ($2::uuid[]))
    and exists (select from matching_record as one where one.party_id = low_id)
    and exists (select from matching_record as other where other.party_id = high_id)
    and (low_id = any ($1::uuid[]) or high_id = any ($1::uuid[]))
order by low_id, high_id

-- name: save_doubts
-- Sorted by the caller. When a doubt came up first; null where nothing speaks against the merge any more. What rules speak
-- against stays doubted until the two are certain by them.
update duplicate set
    doubted_at = case when pair.doubted then coalesce(duplicate.doubted_at, $5) end, doubted_because = null
from unnest($1::uuid[], $2::uuid[], $3::boolean[], $4::boolean[]) as pair (low_id, high_id, doubted, certain)
where
    duplicate.low_id = pair.low_id and duplicate.high_id = pair.high_id and duplicate.state = 'merged'
    and pair.doubted <> (duplicate.doubted_at is not null)
    and (pair.doubted or pair.certain or duplicate.doubted_because is null)

-- name: load_answered
-- Those first by which the merge was certain, and of these the likeliest.
select low_id, high_id, decided_because is not null as confirmed from duplicate
where merged_id = $1 and state = 'merged'
order by certain desc, bits desc nulls last, low_id, high_id
limit 10

-- name: has_outdated
-- As lock_outdated finds them.
select exists (select from matching_record where coalesce((traits ->> 'rules')::integer, 0) < $1)

-- name: doubt_merge
-- A pair that is not settled yet is settled by it, and one that is not known, as after a restore, is known from now on.
insert into duplicate (
    low_id, high_id, reason, suspected_at, state, merged_id, decided_at, doubted_at, doubted_because
)
values ($1, $2, 'likeness', $4, 'merged', $3, $4, $5, $6)
on conflict (low_id, high_id) do update set
    state = excluded.state, merged_id = excluded.merged_id,
    decided_at = coalesce(duplicate.decided_at, excluded.decided_at),
    doubted_at = coalesce(duplicate.doubted_at, excluded.doubted_at), doubted_because = excluded.doubted_because
where duplicate.state <> 'dismissed'

-- name: end_doubt
-- People let the merge stand; no row where nothing speaks against it.
update duplicate set doubted_at = null, doubted_because = null, decided_because = $2
where id = $1 and state = 'merged' and doubted_at is not null
returning id

-- name: load_model
-- The newest weights.
select model::text as model from matching_model order by version desc limit 1

-- name: find_newest
-- Of the newest weights, their version and how many parties there were.
select version, base from matching_model order by version desc limit 1

-- name: count_records
-- How many parties are compared.
select count(*) from matching_record

-- name: sample_records
-- Keys are hashes: those of the lowest ones are a sample in which whoever shares one of these comes together.
select traits::text as traits from matching_record
where party_id in (select party_id from matching_key order by key limit $1)
order by party_id

-- name: add_model
-- None where another instance was first.
insert into matching_model (version, base, records, learnt_at, model) values ($1, $2, $3, $4, $5::jsonb)
on conflict (version) do nothing returning version

-- name: lock_comparison
-- How far parties were compared with the newest weights; nothing once all were, or while another instance does it.
select version, reached from matching_model
where compared_at is null and version = (select max(version) from matching_model)
for update skip locked

-- name: save_comparison
-- How far it has come.
update matching_model set reached = $2, compared_at = $3 where version = $1

-- name: wait_for_pairs
-- Until all who write pairs are done, and they wait for this transaction: of many parties at once it writes pairs that they
-- write too, each in an order of its own.
lock table duplicate in exclusive mode

-- name: lock_outdated
-- Those that former rules read, which leave out the version or name a lower one; another instance takes the next ones.
select party_id from matching_record
where coalesce((traits ->> 'rules')::integer, 0) < $1
order by coalesce((traits ->> 'rules')::integer, 0), party_id
limit $2 for update skip locked

-- name: lock_open
-- The pairs of any of these parties that are asked about since they are alike, in the order in which all lock them.
select low_id, high_id from duplicate
where state = 'open' and bits is not null and (low_id = any ($1::uuid[]) or high_id = any ($1::uuid[]))
order by low_id, high_id
for update

-- name: save_ratings
-- Locked by the caller. An open pair gets its newest score, and keeps its last one where it has none any more.
update duplicate set
    bits = coalesce(rated.bits, duplicate.bits),
    reasons = coalesce(string_to_array(rated.reasons, '|'), duplicate.reasons),
    certain = rated.certain,
    model = coalesce(rated.model, duplicate.model),
    left_because = null
from unnest($1::uuid[], $2::uuid[], $3::float8[], $4::text[], $5::boolean[], $6::integer[])
    as rated (low_id, high_id, bits, reasons, certain, model)
where duplicate.low_id = rated.low_id and duplicate.high_id = rated.high_id and duplicate.state = 'open'

-- name: load_after
-- What is compared, by party id.
select party_id, traits::text as traits from matching_record where party_id > $1 order by party_id limit $2

-- name: list_models
-- The newest first.
select version, base, records, learnt_at, compared_at, model::text as model
from matching_model order by version desc limit $1
