-- The tables of the projection that is being written: the connection's search path names its schema. Rows come sorted by
-- key, so that two instances wait for each other and never deadlock.

-- name: add_sold
-- By slot, and these by day: one statement, so that what both need is sent once. $1 to $3 are the places (store, channel,
-- currency), few, for a text of an array is found by counting; $4 the slot of each row in seconds, $5 its place. Numbers come
-- as one text a column (`shared.sql.numbers`).
with sold as materialized (
    select
        to_timestamp(seconds) as slot,
        ($1::text[])[at] as store,
        ($2::text[])[at] as channel,
        ($3::text[])[at] as currency,
        sku, sales, units, revenue, discounted
    from unnest(
        string_to_array($4, ' ')::bigint[], string_to_array($5, ' ')::int[], $6::text[], string_to_array($7, ' ')::bigint[],
        string_to_array($8, ' ')::bigint[], string_to_array($9, ' ')::numeric[], string_to_array($10, ' ')::bigint[]
    ) as line (seconds, at, sku, sales, units, revenue, discounted)
),
by_slot as (
    insert into sold_slot as had (slot, store, channel, currency, sku, sales, units, revenue)
    select slot, store, channel, currency, sku, sales, units, revenue from sold
    on conflict (slot, store, channel, currency, sku) do update set
        sales = had.sales + excluded.sales, units = had.units + excluded.units, revenue = had.revenue + excluded.revenue
)
insert into sold_day as had (day, channel, currency, sku, sales, units, revenue, discounted)
select
    (slot at time zone 'UTC')::date as day,
    channel, currency, sku,
    sum(sales)::bigint, sum(units)::bigint, sum(revenue), sum(discounted)::bigint
from sold
group by day, channel, currency, sku
order by day, channel, currency, sku
on conflict (day, channel, currency, sku) do update set
    sales = had.sales + excluded.sales, units = had.units + excluded.units, revenue = had.revenue + excluded.revenue,
    discounted = had.discounted + excluded.discounted;

-- name: add_baskets
-- Whole sales by slot, and these by day; the partition keeps two instances from waiting for one row.
with sold as materialized (
    select *
    from unnest(
        $1::timestamptz[], $2::text[], $3::text[], $4::text[], $5::smallint[], string_to_array($6, ' ')::bigint[],
        string_to_array($7, ' ')::numeric[]
    ) as basket (slot, store, channel, currency, partition, sales, revenue)
),
by_slot as (
    insert into basket_slot as had (slot, store, channel, currency, partition, sales, revenue)
    select slot, store, channel, currency, partition, sales, revenue from sold
    on conflict (slot, store, channel, currency, partition) do update set
        sales = had.sales + excluded.sales, revenue = had.revenue + excluded.revenue
)
insert into channel_day as had (day, channel, currency, partition, sales, revenue)
select (slot at time zone 'UTC')::date as day, channel, currency, partition, sum(sales)::bigint, sum(revenue)
from sold
group by day, channel, currency, partition
order by day, channel, currency, partition
on conflict (day, channel, currency, partition) do update set
    sales = had.sales + excluded.sales, revenue = had.revenue + excluded.revenue;

-- name: amend_sales
-- As they stand; one that was cancelled keeps what it was, and its refunds count for nothing.
update sale set
    channel = amended.channel, lines = amended.lines, store = amended.store, currency = amended.currency,
    total = amended.total, cancelled = amended.cancelled
from unnest($1::text[], $2::text[], $3::text[], $4::json[], $5::text[], $6::text[], $7::numeric[], $8::boolean[])
    as amended (origin, sale_id, channel, lines, store, currency, total, cancelled)
where sale.origin = amended.origin and sale.sale_id = amended.sale_id;
