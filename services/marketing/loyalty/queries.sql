-- name: add_programme
-- Where it is not known yet.
insert into programme (hash, definition, published_at) values ($1, $2, $3) on conflict do nothing

-- name: load_programmes
-- Those that sales were read with.
select hash, definition::text from programme where hash = any($1::text[])

-- name: lock_accounts
-- Of these parties, and of those whose the sales are; who has none gets an empty one. Sorted, so that two transactions
-- wait for each other without a deadlock.
insert into points_account (party_id)
select party_id from (
  select unnest($1::uuid[]) as party_id
  union
  select lot.party_id
  from unnest($2::text[], $3::text[]) as told (origin, sale_id)
  join points_lot lot on lot.origin = told.origin and lot.sale_id = told.sale_id
) as named
order by party_id
on conflict (party_id) do update set party_id = excluded.party_id
returning party_id, balance, debt, qualifying, tier, bought, last_sold_at, last_origin, last_sale_id

-- name: load_accounts
-- Of parties that may have none.
select party_id, balance, debt, qualifying, tier, bought, last_sold_at, last_origin, last_sale_id
from points_account where party_id = any($1::uuid[]) order by party_id

-- name: load_lots_of_sales
-- Under the locks of their accounts.
select lot.*
from unnest($1::text[], $2::text[]) as told (origin, sale_id)
join points_lot lot on lot.origin = told.origin and lot.sale_id = told.sale_id

-- name: load_lots_since
-- Of each party those from a time on, whose points may change with an earlier sale, and those of which something is left.
select lot.*
from unnest($1::uuid[], $2::timestamptz[]) as asked (party_id, since)
join points_lot lot
  on lot.party_id = asked.party_id
  and (lot.sold_at >= asked.since or (not lot.expired and lot.granted > lot.spent))

-- name: load_lots
-- Whose time has come, and which have not expired.
select * from points_lot where id = any($1::uuid[]) and not expired order by party_id

-- name: save_accounts
-- Under their locks.
update points_account account set
  balance = given.balance, debt = given.debt, qualifying = given.qualifying, tier = given.tier, bought = given.bought,
  last_sold_at = given.last_sold_at, last_origin = given.last_origin, last_sale_id = given.last_sale_id
from unnest($1::uuid[], $2::bigint[], $3::bigint[], $4::bigint[], $5::text[], $6::boolean[], $7::timestamptz[],
  $8::text[], $9::text[])
  as given (party_id, balance, debt, qualifying, tier, bought, last_sold_at, last_origin, last_sale_id)
where account.party_id = given.party_id

-- name: save_lots
-- In their newest state; whose they are stays.
insert into points_lot (id, party_id, partition, origin, sale_id, sold_at, revision, sold, paid_back,
  programme_hash, expires_at, expired, base, counts, before, bought_before, granted, spent)
select * from unnest($1::uuid[], $2::uuid[], $3::smallint[], $4::text[], $5::text[], $6::timestamptz[], $7::integer[],
  $8::json[], $9::json[], $10::text[], $11::timestamptz[], $12::boolean[], $13::bigint[], $14::boolean[],
  $15::bigint[], $16::boolean[], $17::bigint[], $18::bigint[])
on conflict (id) do update set
  sold_at = excluded.sold_at, revision = excluded.revision, sold = excluded.sold, paid_back = excluded.paid_back,
  programme_hash = excluded.programme_hash, expires_at = excluded.expires_at, expired = excluded.expired,
  base = excluded.base, counts = excluded.counts, before = excluded.before, bought_before = excluded.bought_before,
  granted = excluded.granted, spent = excluded.spent

-- name: add_entries
-- One that stands already was told before a restore.
insert into points_entry (id, party_id, kind, points, recorded_at, lot_id, redemption_id, cause)
select * from unnest($1::uuid[], $2::uuid[], $3::text[], $4::bigint[], $5::timestamptz[], $6::uuid[], $7::uuid[],
  $8::text[])
on conflict do nothing

-- name: find_entries
-- Which of these stand.
select id from points_entry where id = any($1::uuid[])

-- name: list_entries
-- Of a party, or of several that are one, the newest first, each with its sale.
select entry.id as event_id, entry.party_id, entry.kind, entry.points, entry.recorded_at, lot.origin, lot.sale_id,
  lot.sold_at, entry.redemption_id, entry.cause as deciding_event_id
from points_entry entry left join points_lot lot on lot.id = entry.lot_id
where entry.party_id = any($1::uuid[])
  and ($2::timestamptz is null or (entry.recorded_at, entry.id) < ($2, $3::uuid))
order by entry.recorded_at desc, entry.id desc limit $4

-- name: load_expiring
-- What is left of a party's lots, by when it expires; null: never.
select expires_at, sum(granted - spent)::bigint as points
from points_lot where party_id = any($1::uuid[]) and not expired and granted > spent
group by expires_at order by expires_at limit $2
