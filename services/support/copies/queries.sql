-- Parties are locked before tickets, each sorted by id.

-- name: save_parties
-- The newest description wins and an erasure is final, so that copies may arrive in any order.
insert into party as known (id, version, name, locale, merged_into, erased, email)
select *
from unnest($1::uuid[], $2::integer[], $3::text[], $4::text[], $5::uuid[], $6::boolean[], $7::text[])
    as copy (id, version, name, locale, merged_into, erased, email)
order by id
on conflict (id) do update set
    version = excluded.version,
    name = excluded.name,
    locale = excluded.locale,
    merged_into = excluded.merged_into,
    erased = excluded.erased,
    email = excluded.email
where not known.erased and (excluded.erased or known.version < excluded.version);

-- name: lock_parties
-- In one pass by id, with a row for each that is named before its description is here: of two passes, one for new rows and
-- one for known ones, two transactions could each wait for what the other did first. Nothing of a known row changes.
insert into party as known (id)
select distinct id from unnest($1::uuid[]) as named (id) order by id
on conflict (id) do update set version = known.version where false;

-- name: lock_free_parties
-- Those of these that nobody else has locked.
select id from party where id = any($1::uuid[]) order by id for update skip locked;

-- name: find_erased
-- Of parties that are locked.
select id from party where id = any($1::uuid[]) and erased order by id;

-- name: find_merged_parties
-- A party, those merged into the same survivor, and the survivor.
with recursive up as (
    select $1::uuid as id
    union
    select party.merged_into from party join up on up.id = party.id where party.merged_into is not null
),
family as (
    select id from up
    union
    select party.id from party join family on party.merged_into = family.id
)
select id from family order by id;

-- name: load_families
-- For each of these parties all that were merged into the same survivor, and the survivor; none for one by itself.
with recursive up as (
    select id as asked, id from party where id = any($1::uuid[]) and merged_into is not null
    union
    select asked.id, asked.id
    from party as asked
    where asked.id = any($1::uuid[]) and exists (select from party as other where other.merged_into = asked.id)
    union
    select up.asked, party.merged_into from party join up on up.id = party.id where party.merged_into is not null
),
family as (
    select asked, id from up
    union
    select family.asked, party.id from party join family on party.merged_into = family.id
)
select asked, id from family order by asked, id;

-- name: find_party
-- One copy, for reading.
select id, version, name, locale, merged_into, erased, email from party where id = $1::uuid;

-- name: save_terms
-- The highest revision holds; an end that came before its agreement stays.
insert into agreement as known (id, party_id, revision, starts_at, ends_at, sla_policy, relationship_manager)
select *
from unnest($1::uuid[], $2::uuid[], $3::integer[], $4::timestamptz[], $5::timestamptz[], $6::text[], $7::text[])
    as said (id, party_id, revision, starts_at, ends_at, sla_policy, relationship_manager)
order by id
on conflict (id) do update set
    revision = excluded.revision, starts_at = excluded.starts_at, ends_at = excluded.ends_at,
    sla_policy = excluded.sla_policy, relationship_manager = excluded.relationship_manager
where known.revision < excluded.revision;

-- name: save_ends
-- The first end is the end, whether the agreement is known or not.
insert into agreement as known (id, party_id, ended_at)
select * from unnest($1::uuid[], $2::uuid[], $3::timestamptz[]) as said (id, party_id, ended_at)
order by id
on conflict (id) do update set ended_at = least(known.ended_at, excluded.ended_at);

-- name: load_terms
-- What is in force at a moment for each of these parties, by agreements of all that are one with it (as in load_families),
-- oldest first. An end is the first moment without it. Each party's agreements are looked up by index.
with recursive up as (
    select id as asked, id from party where id = any($1::uuid[]) and merged_into is not null
    union
    select asked.id, asked.id
    from party as asked
    where asked.id = any($1::uuid[]) and exists (select from party as other where other.merged_into = asked.id)
    union
    select up.asked, party.merged_into from party join up on up.id = party.id where party.merged_into is not null
),
family as (
    select asked, id from up
    union
    select family.asked, party.id from party join family on party.merged_into = family.id
),
member as (
    select asked, id from family
    union
    select id, id from unnest($1::uuid[]) as asked (id)
)
select member.asked, agreed.agreement_id, agreed.sla_policy, agreed.relationship_manager, agreed.starts_at
from member
cross join lateral (
    select id as agreement_id, sla_policy, relationship_manager, starts_at
    from agreement
    where
        agreement.party_id = member.id and starts_at <= $2::timestamptz
        and (ends_at is null or ends_at > $2::timestamptz) and (ended_at is null or ended_at > $2::timestamptz)
) as agreed
order by member.asked, agreed.starts_at, agreed.agreement_id;

-- name: find_party_of_agreement
-- Whose it is.
select party_id from agreement where id = $1::uuid;

-- name: find_managed_parties
-- Of agreements in force at a moment, those that name this relationship manager.
select distinct party_id
from agreement
where
    relationship_manager = $1::text and starts_at <= $2::timestamptz
    and (ends_at is null or ends_at > $2::timestamptz) and (ended_at is null or ended_at > $2::timestamptz)
order by party_id;
