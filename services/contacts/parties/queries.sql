-- name: find_homes
-- One row a claim, in the order of the arguments; nulls where it is unknown. If every claim is known, their parties are
-- locked, in order, and come along, each with the first of its claims; if not, identities have to be written first (order
-- of locks), so no party is locked.
with claim as materialized (
    select * from unnest($1::text[], $2::text[], $3::text[]) with ordinality as claim (type, system, value, place)
), found as materialized (
    select
        claim.place, identity.id as identity_id, identity.party_id, identity.sharing,
        claim.place = min(claim.place) over (partition by identity.party_id) as is_first
    from claim
    left join identity
        on identity.value = claim.value and identity.type = claim.type and identity.system = claim.system
), locked as materialized (
    select * from party
    where id = any (array(select distinct party_id from found))
        and (select bool_and(identity_id is not null) from found)
    order by id
    for no key update
)
select
    found.identity_id, found.party_id, found.sharing, locked.id, locked.partition, locked.version, locked.kind, locked.name,
    locked.address::text as address, locked.roles, locked.birth_date, locked.locale, locked.time_zone, locked.owner,
    locked.merged_into, locked.said_at::text as said_at,
    locked.primaries::text as primaries, locked.picked::text as picked, locked.stage,
    locked.stage_since, locked.stage_until, locked.purchase_at, locked.score, locked.missing, locked.registered_at,
    locked.erased_at, locked.details::text as details
from found
left join locked on locked.id = found.party_id and found.is_first
order by found.place

-- name: lock_parties
-- Sorted, so that two instances that lock the same parties cannot deadlock.
select
    id, partition, version, kind, name, address::text as address, roles, birth_date, locale, time_zone, owner,
    merged_into, said_at::text as said_at, primaries::text as primaries, picked::text as picked, stage,
    stage_since, stage_until, purchase_at, score, missing, registered_at, erased_at, details::text as details
from party
where id = any ($1::uuid[])
order by id
for no key update

-- name: load_parties
-- Without their locks: to be read alone.
select
    id, partition, version, kind, name, address::text as address, roles, birth_date, locale, time_zone, owner,
    merged_into, said_at::text as said_at, primaries::text as primaries, picked::text as picked, stage,
    stage_since, stage_until, purchase_at, score, missing, registered_at, erased_at, details::text as details
from party
where id = any ($1::uuid[])

-- name: add_identities
-- Sorted by the caller; waits for another transaction that adds the same, and then leaves that one its home. A party that
-- was given another external id of the system meanwhile keeps that one.
insert into identity (id, type, system, value, party_id)
select * from unnest($1::uuid[], $2::text[], $3::text[], $4::text[], $5::uuid[])
on conflict do nothing
returning id

-- name: forget_identities
-- Only for rows of this same transaction, which nobody else has seen.
delete from identity where id = any ($1::uuid[])

-- name: load_identities
-- Everything that the parties carry.
select party_id, id, type, system, value, shared from party_identity where party_id = any ($1::uuid[])

-- name: lock_identities
-- Sorted, and before their parties, as everywhere.
select id, type, system, value, party_id from identity where id = any ($1::uuid[]) order by id for no key update

-- name: move_identities
-- The parties of both are locked. Where the new home carried one as shared, it is its own now.
with freed as (
    delete from shared_identity
    where party_id = $2 and identity_id = any ($1::uuid[])
    returning identity_id
)
update identity
set party_id = $2, sharing = sharing - (select count(*) from freed where freed.identity_id = identity.id)
where id = any ($1::uuid[])

-- name: find_parties
-- Those of these ids that are parties, and were not erased.
select id from party where id = any ($1::uuid[]) and erased_at is null

-- name: find_after
-- In the order of ids.
select id from party where id > $1 order by id limit $2

-- name: add_shared_identities
-- Sorted by the caller; returns those that the party did not carry yet, and counts them with their identities.
with added as (
    insert into shared_identity (party_id, identity_id)
    select * from unnest($1::uuid[], $2::uuid[])
    on conflict do nothing
    returning party_id, identity_id
), locked as materialized (
    select id from identity where id in (select identity_id from added) order by id for no key update
), counted as (
    update identity
    set sharing = sharing + (select count(*) from added where added.identity_id = identity.id)
    where id in (select id from locked)
)
select party_id, identity_id from added

-- name: add_flagged
-- Sorted by the caller. Of each party the first hundred are kept: a sender may send any number of them.
insert into flagged_identity (party_id, type, system, value, reason, seen_at)
select sent.*
from unnest($1::uuid[], $2::text[], $3::text[], $4::text[], $5::text[], $6::timestamptz[])
    as sent (party_id, type, system, value, reason, seen_at)
where (select count(*) from flagged_identity as known where known.party_id = sent.party_id) < 100
on conflict do nothing
returning party_id, type, system, value, reason

-- name: find_carriers
-- The parties that carry these identities, their home first.
select id as identity_id, party_id from identity where id = any ($1::uuid[])
union all
select identity_id, party_id from shared_identity where identity_id = any ($1::uuid[])

-- name: save_parties
-- New ones and locked ones, whole rows, and with them their new descriptions, null where there is none. Roles and missing
-- fields are words, joined by commas.
with row as materialized (
    select *
    from unnest(
        $1::uuid[], $2::smallint[], $3::integer[], $4::text[], $5::text[], $6::jsonb[], $7::text[], $8::text[], $9::text[],
        $10::text[], $11::text[], $12::uuid[], $13::jsonb[], $14::jsonb[], $15::jsonb[], $16::text[], $17::timestamptz[],
        $18::timestamptz[], $19::timestamptz[], $20::smallint[], $21::text[], $22::timestamptz[], $23::jsonb[],
        $24::integer[], $25::timestamptz[], $26::json[]
    ) as row (
        id, partition, version, kind, name, address, roles, birth_date, locale, time_zone, owner, merged_into, said_at,
        primaries, picked, stage, stage_since, stage_until, purchase_at, score, missing, registered_at, details,
        revision, recorded_at, described
    )
), kept as (
    insert into party_revision (party_id, version, recorded_at, body)
    select id, revision, recorded_at, described from row
    where revision is not null
    on conflict do nothing
)
insert into party (
    id, partition, version, kind, name, address, roles, birth_date, locale, time_zone, owner, merged_into, said_at,
    primaries, picked, stage, stage_since, stage_until, purchase_at, score, missing, registered_at, details
)
select
    id, partition, version, kind, name, address, string_to_array(roles, ','), birth_date, locale, time_zone, owner,
    merged_into, said_at, primaries, picked, stage, stage_since, stage_until, purchase_at, score,
    string_to_array(missing, ','), registered_at, details
from row
on conflict (id) do update set
    version = excluded.version, kind = excluded.kind, name = excluded.name, address = excluded.address,
    roles = excluded.roles, birth_date = excluded.birth_date, locale = excluded.locale,
    time_zone = excluded.time_zone, owner = excluded.owner, merged_into = excluded.merged_into,
    said_at = excluded.said_at, primaries = excluded.primaries, picked = excluded.picked,
    stage = excluded.stage, stage_since = excluded.stage_since, stage_until = excluded.stage_until,
    purchase_at = excluded.purchase_at, score = excluded.score, missing = excluded.missing,
    details = excluded.details

-- name: was_erased
-- Whether there was a party of this id.
select exists (select from party where id = $1 and erased_at is not null)

-- name: find_aliases
-- A party with those that were merged into it, at any distance.
with recursive family as (
    select $1::uuid as id
    union
    select party.id from party
    join family on party.merged_into = family.id
)
select id from family order by id

-- name: load_digest_key
-- None as long as nobody was erased.
select key from erasure_key

-- name: add_digest_key
-- The first erasure draws it.
insert into erasure_key (key) values ($1) on conflict do nothing

-- name: add_digests
-- Sorted by the caller; the latest erasure of an identity counts.
insert into erased_identity (digest, party_id, erased_at)
select * from unnest($1::bytea[], $2::uuid[], $3::timestamptz[])
on conflict (digest) do update set party_id = excluded.party_id, erased_at = excluded.erased_at
where excluded.erased_at >= erased_identity.erased_at

-- name: find_digests
-- Which of these belonged to somebody who was erased.
select digest, party_id, erased_at from erased_identity where digest = any ($1::bytea[])

-- name: forget_digests
-- After so long an older fact is not to be expected any more.
delete from erased_identity where erased_at <= $1

-- name: forget_identities_of
-- Of parties that are erased.
delete from identity where party_id = any ($1::uuid[])

-- name: forget_shared_of
-- Their addresses that belong to others first, which are counted with their identities.
with gone as (
    delete from shared_identity where party_id = any ($1::uuid[]) returning identity_id
), counted as (
    update identity
    set sharing = sharing - (select count(*) from gone where gone.identity_id = identity.id)
    where id in (select identity_id from gone)
)
select count(*) from gone

-- name: forget_flagged_of
-- What they were named by and nobody is known by.
delete from flagged_identity where party_id = any ($1::uuid[])

-- name: forget_revisions_of
-- Who they were known to be, also by what others showed of them while they were one, of merges that were taken back. The
-- description that a merge led to tells its time, and so does the one after it.
with recursive shown as (
    select into_party_id as party_id, merged_at as since, undone_at as until
    from party_merge
    where merged_party_id = any ($1::uuid[])
    union
    select
        party_merge.into_party_id, greatest(party_merge.merged_at, shown.since), least(party_merge.undone_at, shown.until)
    from party_merge
    join shown on party_merge.merged_party_id = shown.party_id
    where greatest(party_merge.merged_at, shown.since) < coalesce(least(party_merge.undone_at, shown.until), 'infinity')
), span as (
    select party_id, 0 as since, 2147483647 as until from unnest($1::uuid[]) as erased (party_id)
    union all
    select
        shown.party_id,
        (
            select min(version) from party_revision as first
            where first.party_id = shown.party_id and first.recorded_at >= shown.since
        ) as since,
        coalesce(
            (
                select max(version) from party_revision as last
                where last.party_id = shown.party_id and last.recorded_at = shown.until
            ),
            (
                select min(version) from party_revision as last
                where last.party_id = shown.party_id and last.recorded_at > shown.until
            ),
            2147483647
        ) as until
    from shown
    where shown.until is not null and shown.party_id <> all($1::uuid[])
)
delete from party_revision as known
using span
where known.party_id = span.party_id and known.version >= span.since and known.version < span.until

-- name: forget_parties
-- Everything that says who they are; that they were, with their stages, stays.
update party set
    kind = null, name = null, address = null, roles = '{}', birth_date = null, locale = null, time_zone = null,
    owner = null, said_at = '{}', primaries = '{}', picked = '[]', score = null, missing = '{}',
    details = '{}', erased_at = coalesce(erased_at, $2)
where id = any ($1::uuid[])

-- name: mark_erased
-- Sorted by the caller; the first time that was told is the one of the erasure, since its null value is written again.
insert into party (id, partition, version, registered_at, erased_at)
select id, partition, version, erased_at, erased_at
from unnest($1::uuid[], $2::smallint[], $3::integer[], $4::timestamptz[]) as told (id, partition, version, erased_at)
on conflict (id) do update set
    version = greatest(party.version, excluded.version), erased_at = least(party.erased_at, excluded.erased_at)

-- name: find_marked
-- Once after a restore, over the whole table.
select id from party
where
    erased_at is not null
    and (
        num_nonnulls(kind, name, address, birth_date, locale, time_zone, owner) > 0 or details <> '{}'
        or exists (select from identity where identity.party_id = party.id)
        or exists (select from shared_identity where shared_identity.party_id = party.id)
        or exists (select from flagged_identity where flagged_identity.party_id = party.id)
        or exists (select from party_revision where party_revision.party_id = party.id)
    )
order by id

-- name: find_described
-- Of a party the description in force counts; after a restore, over those since the first erasure.
select told.type, coalesce(told.system, '') as system, told.value, told.id as identity_id, party.id as party_id
from party_revision as revision
join party on party.id = revision.party_id and party.version = revision.version and party.erased_at is null
cross join lateral json_to_recordset(revision.body -> 'identities')
    as told (id uuid, type text, system text, value text, shared boolean)
join unnest($1::text[], $2::text[], $3::text[]) as freed (type, system, value)
    on freed.type = told.type and freed.system = coalesce(told.system, '') and freed.value = told.value
where revision.recorded_at >= $4 and not coalesce(told.shared, false)

-- name: find_erased_at
-- Those of these that were erased.
select id, erased_at from party where id = any ($1::uuid[]) and erased_at is not null

-- name: find_family
-- The survivor first, then all that were merged into it, at any distance.
with recursive up as (
    select id, merged_into from party where id = $1
    union
    select party.id, party.merged_into from party join up on party.id = up.merged_into
), family as (
    select id, true as survives from up where merged_into is null
    union
    select party.id, false as survives from party join family on party.merged_into = family.id
)
select id from family order by survives desc, id

-- name: find_survivors
-- Up to who was merged into nobody.
with recursive up as (
    select id as asked, id, merged_into from party where id = any ($1::uuid[])
    union
    select up.asked, party.id, party.merged_into from party join up on party.id = up.merged_into
)
select asked, id from up where merged_into is null

-- name: find_shared_between
-- What names either of two parties.
select id from party_identity where party_id = $1
intersect
select id from party_identity where party_id = $2

-- name: find_family_at
-- The same by the merges that stood at a time.
with recursive up as (
    select id from party where id = $1 and registered_at <= $2
    union
    select party_merge.into_party_id
    from party_merge
    join up on party_merge.merged_party_id = up.id
    where party_merge.merged_at <= $2 and (party_merge.undone_at is null or party_merge.undone_at > $2)
), family as (
    select up.id, true as survives
    from up
    where not exists (
        select from party_merge
        where party_merge.merged_party_id = up.id and party_merge.merged_at <= $2
            and (party_merge.undone_at is null or party_merge.undone_at > $2)
    )
    union
    select party_merge.merged_party_id, false as survives
    from party_merge
    join family on party_merge.into_party_id = family.id
    where party_merge.merged_at <= $2 and (party_merge.undone_at is null or party_merge.undone_at > $2)
)
select id from family order by survives desc, id

-- name: load_revisions
-- Of parties that were known at a time, as they were described then; of one from before that was kept, no description.
select party.id, party.registered_at, revision.body::text as body
from party
left join lateral (
    select body from party_revision
    where party_id = party.id and recorded_at <= $2
    order by version desc
    limit 1
) as revision on true
where party.id = any ($1::uuid[])
