-- What forecasting has added up of a year, written as its handlers would have left it. Rows differ by hashes of their names,
-- so that they are the same in every run.

-- name: add_products
-- $1 products, each a department of its own.
insert into sales_v1.product (sku, name, category)
select 'P-' || number, 'Product ' || number, array['D-' || number]
from generate_series(1, $1::int) as number;

-- name: add_sums
-- What $1 products sold in the $2 weeks before $3: a tenth of them every week, the others in about a third of the weeks.
insert into sales_v1.sold_day (day, channel, currency, sku, sales, units, revenue, discounted)
select
    $3::date - 7 * week + abs(hashtext('day' || number || ':' || week)) % 7,
    'web',
    'DKK',
    'P-' || number,
    sold,
    sold,
    sold * 12995,
    0
from generate_series(1, $1::int) as number
cross join generate_series(1, $2::int) as week
cross join lateral (select 1 + abs(hashtext(number || ':' || week)) % 20 as sold) as drawn
where number % 10 = 0 or abs(hashtext('week' || number || ':' || week)) % 3 = 0;

-- name: add_purchases
-- Up to nine purchase days of each of the parties $1 in the $2 weeks before $3, early ones of those that left.
insert into sales_v1.purchase_day (party_id, day, currency, sales, amount)
select party_id, day, 'DKK', 1, 12995
from unnest($1::uuid[]) as party_id
cross join lateral (
    select distinct
        $3::date - 1 - abs(hashtext('first' || party_id)) % (7 * $2::int)
        + case
            when nth > 1 then abs(hashtext(party_id || ':' || nth)) % (7 + abs(hashtext('left' || party_id)) % (7 * $2::int))
            else 0
        end as day
    from generate_series(1, 1 + abs(hashtext('often' || party_id)) % 9) as nth
) as bought
where day < $3;

-- name: count_whole
-- Whole sales a day.
insert into sales_v1.channel_day (day, channel, currency, partition, sales, revenue)
select day, 'web', currency, 0, sum(sales), sum(amount) from sales_v1.purchase_day group by day, currency;

-- name: find_done
-- The cut that is done, null before; forecasts and scores that stand.
select
    (select max(cut) from job where scored) as cut,
    (select count(*)::int from forecast) as forecasts,
    (select count(distinct party_id)::int from score) as parties,
    (select string_agg(name || ': ' || reason, '; ') from set_aside) as set_aside;
