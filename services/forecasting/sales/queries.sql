-- The tables of the projection that is being written: the connection's search path names its schema. Rows come sorted by
-- key, so that two instances wait for each other and never deadlock.

-- name: add_sold
-- $1 to $3 are the groups (day, channel, currency), $4 the group of each row: fewer values to send than a key a row.
insert into sold_day as had (day, channel, currency, sku, sales, units, revenue, discounted)
select ($1::date[])[at], ($2::text[])[at], ($3::text[])[at], sku, sales, units, revenue, discounted
from unnest($4::int[], $5::text[], $6::bigint[], $7::bigint[], $8::numeric[], $9::bigint[])
    as sold (at, sku, sales, units, revenue, discounted)
on conflict (day, channel, currency, sku) do update set
    sales = had.sales + excluded.sales, units = had.units + excluded.units, revenue = had.revenue + excluded.revenue,
    discounted = had.discounted + excluded.discounted;

-- name: add_channels
-- Whole sales; the partition keeps two instances from waiting for one row.
insert into channel_day as had (day, channel, currency, partition, sales, revenue)
select * from unnest($1::date[], $2::text[], $3::text[], $4::smallint[], $5::bigint[], $6::numeric[])
on conflict (day, channel, currency, partition) do update set
    sales = had.sales + excluded.sales, revenue = had.revenue + excluded.revenue;

-- name: amend_sales
-- As they stand; one that was cancelled keeps what it was, and its refunds count for nothing.
update sale set channel = amended.channel, lines = amended.lines, cancelled = amended.cancelled
from unnest($1::text[], $2::text[], $3::text[], $4::json[], $5::boolean[])
    as amended (origin, sale_id, channel, lines, cancelled)
where sale.origin = amended.origin and sale.sale_id = amended.sale_id;
