-- The tables of the projection that is being written: the connection's search path names its schema.

-- name: save_products
-- Within a key the log's order decides: the last description of a batch replaces what is known.
insert into product (
    sku, name, category, price, price_currency, cost, cost_currency, stock, lead_time_days, described_on
)
select
    sku, name, array(select json_array_elements_text(path)),
    price, price_currency, cost, cost_currency, stock, lead_time_days, described_on
from unnest(
    $1::text[], $2::text[], $3::json[], $4::bigint[], $5::text[], $6::bigint[], $7::text[], $8::int[], $9::int[], $10::date[]
) as described (sku, name, path, price, price_currency, cost, cost_currency, stock, lead_time_days, described_on)
on conflict (sku) do update set
    name = excluded.name, category = excluded.category,
    price = excluded.price, price_currency = excluded.price_currency,
    cost = excluded.cost, cost_currency = excluded.cost_currency,
    stock = excluded.stock, lead_time_days = excluded.lead_time_days, described_on = excluded.described_on;

-- name: load_products
-- The live projection's descriptions of these products.
select sku, name, category, price, price_currency, cost, cost_currency, stock, lead_time_days, described_on
from sales_v1.product
where sku = any($1::text[])
order by sku;

-- name: forget_products
-- Products that are described no more.
delete from product where sku = any($1::text[]);

-- name: save_aliases
-- The last merge of a party holds.
insert into party_alias (party_id, into_party_id, merge_id)
select * from unnest($1::uuid[], $2::uuid[], $3::uuid[])
on conflict (party_id) do update set into_party_id = excluded.into_party_id, merge_id = excluded.merge_id;

-- name: forget_aliases
-- Merges that were undone, unless the party was merged otherwise since.
delete from party_alias
using unnest($1::uuid[], $2::uuid[]) as undone (party_id, merge_id)
where party_alias.party_id = undone.party_id and party_alias.merge_id = undone.merge_id;

-- name: find_family
-- A party and all that it was merged with, at any distance, and whether each was merged into another.
with recursive family (id) as (
    select $1::uuid
    union
    select case when party_alias.party_id = family.id then party_alias.into_party_id else party_alias.party_id end
    from family
    join party_alias on party_alias.party_id = family.id or party_alias.into_party_id = family.id
)
select family.id, party_alias.party_id is not null as merged
from family
left join party_alias on party_alias.party_id = family.id
order by merged, family.id;
