-- name: save_products
-- The last description of each product holds.
insert into product (sku, name, category)
select sku, name, string_to_array(category, chr(31))
from unnest($1::text[], $2::text[], $3::text[]) as given (sku, name, category) order by sku
on conflict (sku) do update set name = excluded.name, category = excluded.category

-- name: forget_products
-- Products that were deleted by those who described them.
delete from product where sku = any($1::text[])

-- name: load_categories
-- What campaigns and contents choose by.
select sku, category from product where sku = any($1::text[])

-- name: load_product_names
-- What letters call the products.
select sku, name from product where sku = any($1::text[])

-- name: save_parties
-- A description replaces one of its version or older, and an erased party that is described again begins anew.
insert into party (id, version, name, email, locale, merged_into, erased_by, kind, time_zone, emails, handles, email_id)
select id, version, name, email, locale, merged_into, erased_by, kind, time_zone, emails, handles, email_id
from unnest($1::uuid[], $2::integer[], $3::text[], $4::text[], $5::text[], $6::uuid[], $7::uuid[], $8::text[],
  $9::text[], $10::json[], $11::json[], $12::uuid[])
  as given (id, version, name, email, locale, merged_into, erased_by, kind, time_zone, emails, handles, email_id)
order by id
on conflict (id) do update set
  version = excluded.version, name = excluded.name, email = excluded.email, locale = excluded.locale,
  merged_into = excluded.merged_into, erased_by = excluded.erased_by, kind = excluded.kind,
  time_zone = excluded.time_zone, emails = excluded.emails, handles = excluded.handles, email_id = excluded.email_id
where party.version <= excluded.version or party.erased_by is not null or excluded.erased_by is not null

-- name: load_parties
-- Addresses and erasures, as far as marketing has heard of these parties, and whether there is more to ask for.
select id, version, name, email, locale, merged_into, erased_by::text, kind, time_zone,
  exists (select from restraint r where r.party_id = party.id) as restrained,
  (select exists (select from stopped_address)) as some_stopped,
  exists (select from party other where other.merged_into = party.id) as survives, emails, handles,
  email_id
from party where id = any($1::uuid[])

-- name: find_families
-- Each of these parties with its survivor and all that were merged into the same one.
with recursive up as (
  select id as asked, id from unnest($1::uuid[]) as named (id)
  union
  select up.asked, party.merged_into from party join up on up.id = party.id where party.merged_into is not null
),
family as (
  select asked, id from up
  union
  select family.asked, party.id from party join family on party.merged_into = family.id
)
select asked, id from family order by asked, id

-- name: save_consents
-- Each event once, whatever order they come in.
insert into consent (event_id, party_id, purpose, topic, channel, given, occurred_at, recorded_at, expires_at)
select * from unnest(
  $1::uuid[], $2::uuid[], $3::text[], $4::text[], $5::text[], $6::boolean[], $7::timestamptz[], $8::timestamptz[],
  $9::timestamptz[]
) as given (event_id, party_id, purpose, topic, channel, given, occurred_at, recorded_at, expires_at)
order by event_id
on conflict do nothing

-- name: load_consents
-- Every consent of these parties; which one holds is decided in the domain.
select party_id, event_id::text, purpose, topic, channel, given, occurred_at, recorded_at, expires_at
from consent where party_id = any($1::uuid[])

-- name: save_refunds
-- Each event once; its sale may come later.
insert into refund (event_id, origin, sale_id, minor, currency, occurred_at)
select * from unnest($1::uuid[], $2::text[], $3::text[], $4::bigint[], $5::text[], $6::timestamptz[])
  as given (event_id, origin, sale_id, minor, currency, occurred_at)
order by event_id
on conflict do nothing

-- name: load_refunds
-- Every refund of these sales.
select r.event_id::text, r.origin, r.sale_id, r.minor, r.currency, r.occurred_at
from unnest($1::text[], $2::text[]) as asked (origin, sale_id)
join refund r on r.origin = asked.origin and r.sale_id = asked.sale_id

-- name: save_ticket_changes
-- Each event once, whatever order they come in.
insert into ticket_change (event_id, ticket_id, party_id, open, occurred_at)
select * from unnest($1::uuid[], $2::uuid[], $3::uuid[], $4::boolean[], $5::timestamptz[])
  as given (event_id, ticket_id, party_id, open, occurred_at)
order by event_id
on conflict do nothing

-- name: load_ticket_changes
-- Every change of every ticket of these parties.
select event_id::text, ticket_id, party_id, open, occurred_at from ticket_change where party_id = any($1::uuid[])

-- name: save_stage_changes
-- Each event once, whatever order they come in.
insert into stage_change (event_id, party_id, stage, occurred_at)
select * from unnest($1::uuid[], $2::uuid[], $3::text[], $4::timestamptz[])
  as given (event_id, party_id, stage, occurred_at)
order by event_id
on conflict do nothing

-- name: forget_stage_changes
-- Stages that were told and do not hold.
delete from stage_change
using unnest($1::uuid[], $2::text[], $3::timestamptz[]) as gone (party_id, stage, occurred_at)
where stage_change.party_id = gone.party_id and stage_change.stage = gone.stage
    and stage_change.occurred_at = gone.occurred_at

-- name: load_stage_changes
-- Every stage that these parties came to.
select event_id::text, party_id, stage, occurred_at from stage_change where party_id = any($1::uuid[])

-- name: save_scores
-- The newest of each kind holds.
insert into score (party_id, score, value, band, as_of)
select * from unnest($1::uuid[], $2::text[], $3::double precision[], $4::text[], $5::timestamptz[])
  as given (party_id, score, value, band, as_of)
order by party_id, score
on conflict (party_id, score) do update set value = excluded.value, band = excluded.band, as_of = excluded.as_of
where score.as_of <= excluded.as_of

-- name: load_scores
-- The newest of each kind of these parties.
select party_id, score, value, band, as_of from score where party_id = any($1::uuid[])

-- name: save_restraints
-- Each event once, whatever order they come in.
insert into restraint (event_id, party_id, kind, subject, purpose, channel, holds, occurred_at, starts_at, ends_at)
select * from unnest($1::uuid[], $2::uuid[], $3::text[], $4::text[], $5::text[], $6::text[], $7::boolean[],
  $8::timestamptz[], $9::timestamptz[], $10::timestamptz[])
  as given (event_id, party_id, kind, subject, purpose, channel, holds, occurred_at, starts_at, ends_at)
order by event_id
on conflict do nothing

-- name: load_restraints
-- All that ever stood against writing to these parties.
select event_id::text, party_id, kind, subject, purpose, channel, holds, occurred_at, starts_at, ends_at
from restraint where party_id = any($1::uuid[])
