-- name: add_merge
-- Written in the transaction that sets the alias; one that was told before stays as it is.
insert into party_merge (id, into_party_id, merged_party_id, because, automatic, fields, merged_at, rules)
values ($1, $2, $3, $4, $5, $6::text[], $7, $8)
on conflict do nothing

-- name: lock_merge
-- Two who undo the same merge wait for each other.
select id, into_party_id, merged_party_id, because, automatic, fields, merged_at, undone_at, undone_because
from party_merge
where id = $1
for update

-- name: lock_unasked
-- Merges that nobody asked for, and that were last looked at by former rules; another instance takes the next ones.
select id, into_party_id, merged_party_id, merged_at from party_merge
where automatic and undone_at is null and rules < $1
order by rules, id
limit $2 for update skip locked

-- name: save_looked_at
-- Locked by the caller.
update party_merge set rules = $2 where id = any ($1::uuid[])

-- name: load_merge
-- One merge.
select id, into_party_id, merged_party_id, because, automatic, fields, merged_at, undone_at, undone_because
from party_merge
where id = $1

-- name: find_standing
-- By which a party goes on as another: of several that were taken back, and one that was not, the latter.
select id from party_merge where merged_party_id = $1 and undone_at is null

-- name: save_undo
-- Of a locked merge.
update party_merge set undone_at = $2, undone_because = $3 where id = $1

-- name: forget_reasons
-- What people wrote of parties that are erased; that they were merged stays.
update party_merge set because = '', undone_because = case when undone_at is not null then '' end
where
    (into_party_id = any ($1::uuid[]) or merged_party_id = any ($1::uuid[]))
    and because || coalesce(undone_because, '') <> ''

-- name: list_merges
-- Of everybody, newest first.
select id, into_party_id, merged_party_id, because, automatic, fields, merged_at, undone_at, undone_because
from party_merge
where id < $1
order by id desc
limit $2

-- name: list_merges_of
-- Of a party, either way round, newest first: it has few, and each way has its index.
select id, into_party_id, merged_party_id, because, automatic, fields, merged_at, undone_at, undone_because
from (
    select * from party_merge where into_party_id = $1
    union all
    select * from party_merge where merged_party_id = $1
) as either
where id < $2
order by id desc
limit $3

-- name: was_undone
-- Pairs with the lower id first; a merge goes either way.
select exists (
    select from party_merge
    join unnest($1::uuid[], $2::uuid[]) as pair (low_id, high_id)
        on
            least(party_merge.into_party_id, party_merge.merged_party_id) = pair.low_id
            and greatest(party_merge.into_party_id, party_merge.merged_party_id) = pair.high_id
    where
        party_merge.undone_at is not null
        and (party_merge.into_party_id = any ($1::uuid[]) or party_merge.into_party_id = any ($2::uuid[]))
)
