-- name: reserve
-- One after another: a circle may be closed by relations of parties that have nothing in common.
select pg_advisory_xact_lock(hashtextextended('relation ' || $1::text, 0))

-- name: add_relation
-- One that was told before stays as it is.
insert into relation (id, kind, from_party_id, to_party_id, since, ended_on, recorded_at)
values ($1, $2, $3, $4, $5, $6, $7)
on conflict do nothing

-- name: find_standing
-- The relation of this kind that holds between any of these.
select id, kind, from_party_id, to_party_id, since, ended_on, recorded_at
from relation
where
    from_party_id = any ($1::uuid[]) and kind = $2 and to_party_id = any ($3::uuid[]) and ended_on is null
order by id
limit 1

-- name: walk
-- Along relations of a kind that hold, and over merges both ways, until any of $3 is there or $4 parties were looked at.
-- Rows come as they are found, so that no more is walked than is asked for.
with recursive reached as (
    select unnest($1::uuid[]) as id
    union
    select next.id
    from reached
    cross join lateral (
        select to_party_id as id from relation where from_party_id = reached.id and kind = $2 and ended_on is null
        union all
        select merged_into as id from party where party.id = reached.id
        union all
        select party.id from party where merged_into = reached.id
    ) as next
)
select coalesce(bool_or(id = any ($3::uuid[])), false) as closes, count(id) > $4 as is_cut
from (
    select id from reached where id is not null
    limit $4 + 1 -- noqa: AM09
) as first

-- name: lock_relation
-- Two who end the same wait for each other.
select id, kind, from_party_id, to_party_id, since, ended_on, recorded_at from relation where id = $1 for update

-- name: load_relation
-- One, as it is.
select id, kind, from_party_id, to_party_id, since, ended_on, recorded_at from relation where id = $1

-- name: end_relation
-- Of a locked relation.
update relation set ended_on = $2 where id = $1

-- name: list_relations
-- Of any of these parties, either way round, oldest first; each index is read from its place.
select id, kind, from_party_id, to_party_id, since, ended_on, recorded_at
from (
    (
        select * from relation
        where from_party_id = any ($1::uuid[]) and id > $2
        order by id
        limit $3
    )
    union
    (
        select * from relation
        where to_party_id = any ($1::uuid[]) and id > $2
        order by id
        limit $3
    )
) as either
order by id
limit $3
