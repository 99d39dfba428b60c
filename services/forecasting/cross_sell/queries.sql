-- Reads across: sales, refunds, disputes and urgent requests of a party.

-- name: call_urgent
-- A ticket that is called urgent, or no longer; whether it is over stays as it was.
insert into urgent (ticket_id, party_id, urgent)
select * from unnest($1::uuid[], $2::uuid[], $3::boolean[])
on conflict (ticket_id) do update set urgent = excluded.urgent;

-- name: move_urgent
-- A ticket that is over, or goes on; what it was called stays as it was.
insert into urgent (ticket_id, party_id, over)
select * from unnest($1::uuid[], $2::uuid[], $3::boolean[])
on conflict (ticket_id) do update set over = excluded.over;

-- name: load_common
-- The $3 products that most sales had within [$1, $2), $4 or more.
select sku
from sales_v1.sold_day
where day >= $1 and day < $2
group by sku
having sum(sales) >= $4
order by sum(sales) desc, sku
limit $3;

-- name: load_baskets
-- The next parties by id after $1, and which of the products $4 each bought within [$2, $3), by their place in $4.
with party as (
    select distinct party_id from sales_v1.sale where party_id > $1 and day >= $2 and day < $3 and not cancelled
    order by party_id
    limit $5
)
select party.party_id, array_agg(distinct place.place) filter (where place.place is not null) as products
from party
join sales_v1.sale on sale.party_id = party.party_id and sale.day >= $2 and sale.day < $3 and not sale.cancelled
cross join json_array_elements(sale.lines) as bought (line)
left join unnest($4::text[]) with ordinality as place (sku, place) on place.sku = bought.line ->> 0
group by party.party_id
order by party.party_id;

-- name: forget_pairs
-- Before those of a new cut are saved, in one transaction.
delete from goes_with;

-- name: save_pairs
-- As learnt at a cut; another instance learns the same.
insert into goes_with (sku, other, cut, parties, buyers, together, lift, chance)
select sku, other, $8::date, parties, buyers, together, lift, chance
from unnest($1::text[], $2::text[], $3::int[], $4::int[], $5::int[], $6::float8[], $7::float8[])
    as pair (sku, other, parties, buyers, together, lift, chance)
on conflict (sku, other) do nothing;

-- name: load_best
-- Of each product that goes with one of $1 and is none of $2 the surest pair, of equal ones that of the first in $1; of
-- these the $3 surest. A party has hundreds of products, and each of them hundreds of pairs; what is left out is looked up
-- in a hash, which `<> all` of a parameter has not.
select best.sku, best.other, best.parties, best.buyers, best.together, best.lift, best.chance
from (
    select distinct on (goes_with.other) goes_with.*
    from unnest($1::text[]) with ordinality as has (sku, place)
    join goes_with on goes_with.sku = has.sku
    where goes_with.other not in (select unnest($2::text[]))
    order by goes_with.other, goes_with.together::float8 / goes_with.buyers desc, has.place
) as best
order by best.together::float8 / best.buyers desc, best.other
limit $3::integer;

-- name: load_known
-- Of a party, under all its ids: on how many days of the year before $2 it bought anything, and each product, on how many and
-- when last; what it sent back, all of a sale where the refund names no product, and what it disputes; its urgent requests
-- that are open; and the cut whose pairs stand, all of which are of one.
with bought as materialized (
    select sale.day, line ->> 0 as sku
    from sales_v1.sale
    cross join json_array_elements(sale.lines) as item (line)
    where sale.party_id = any($1::uuid[]) and sale.day >= $2::date - 364 and sale.day <= $2 and not sale.cancelled
),
product as (
    select
        coalesce(array_agg(sku), '{}') as skus,
        coalesce(array_agg(days), '{}') as on_days,
        coalesce(array_agg(last), '{}') as lasts
    from (
        select sku, count(distinct day)::int as days, max(day) as last
        from bought
        group by sku
        order by days desc, sku
        limit 500
    ) as most
)
select
    (select count(distinct day)::int from bought) as days,
    product.skus, product.on_days, product.lasts,
    array(
        select distinct line ->> 0
        from sales_v1.sale
        join sales_v1.refund on refund.origin = sale.origin and refund.sale_id = sale.sale_id
        cross join json_array_elements(sale.lines) as item (line)
        where sale.party_id = any($1::uuid[]) and (cardinality(refund.skus) = 0 or line ->> 0 = any(refund.skus))
    ) as sent_back,
    array(
        select distinct line ->> 0
        from sales_v1.dispute
        join sales_v1.sale on sale.origin = dispute.origin and sale.sale_id = dispute.sale_id
        cross join json_array_elements(sale.lines) as item (line)
        where dispute.party_id = any($1::uuid[]) and sale.party_id = any($1::uuid[])
    ) as disputed,
    (select count(*)::int from sales_v1.urgent where party_id = any($1::uuid[]) and urgent and not over) as urgent,
    (select cut from goes_with order by sku, other limit 1) as cut
from product;
