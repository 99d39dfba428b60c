-- Sales by the quarter of an hour and the store, and who belonged to which segment when.
create table sales_v1.sold_slot (            -- units and revenue a quarter of an hour, of which the hours of every zone are made
    slot timestamptz not null,
    store text collate "C" not null,         -- empty: none was named
    channel text collate "C" not null,
    currency text collate "C" not null,
    sku text collate "C" not null,
    sales bigint not null,                   -- sales that had the product
    units bigint not null,
    revenue numeric not null,                -- of these lines, discounts taken off
    primary key (slot, store, channel, currency, sku)
) with (fillfactor = 80);

create table sales_v1.basket_slot (          -- whole sales a quarter of an hour, store, channel and currency
    slot timestamptz not null,
    store text collate "C" not null,
    channel text collate "C" not null,
    currency text collate "C" not null,
    partition smallint not null,             -- of crm.sales: two instances never wait for one row
    sales bigint not null,
    revenue numeric not null,                -- totals of whole sales
    primary key (slot, store, channel, currency, partition)
) with (fillfactor = 50);

create table sales_v1.segment_change (       -- when parties entered and left segments
    party_id uuid not null,
    segment text collate "C" not null,
    at timestamptz not null,
    entered boolean not null,
    primary key (party_id, segment, at, entered)
);

alter table sales_v1.sale
add column at timestamptz,
add column store text collate "C",
add column currency text collate "C",
add column total numeric;
create index sale_at on sales_v1.sale using brin (at); -- sales come nearly in the order of their time

alter table sales_v1.refund add column at timestamptz;

-- As before, and besides when it was, at which store, and of whom.
create or replace view sales_v1.refund_line as
with back as (
    select refund.event_id, refund.day, refund.currency, refund.amount, coalesce(sale.channel, '') as channel,
        item.sku, item.units,
        coalesce((
            select div((line ->> 2)::numeric * item.units, (line ->> 1)::numeric)
            from json_array_elements(sale.lines) as bought (line)
            where line ->> 0 = item.sku), 0) as cost,
        coalesce(refund.at, refund.day::timestamp at time zone 'UTC') as at,
        coalesce(sale.store, '') as store,
        sale.party_id
    from sales_v1.refund
    left join sales_v1.sale on sale.origin = refund.origin and sale.sale_id = refund.sale_id
    cross join lateral (
        select sku, units from unnest(refund.skus, refund.quantities) as named (sku, units)
        union all
        select line ->> 0, (line ->> 1)::bigint from json_array_elements(sale.lines) as whole (line)
        where cardinality(refund.skus) = 0
        union all
        select '', 0 where cardinality(refund.skus) = 0 and sale.origin is null
    ) as item
    where sale.cancelled is not true
), weighed as (
    select back.*, case when sum(cost) over (partition by day, event_id) > 0 then cost else 1 end as weight from back
), placed as (
    select weighed.*,
        sum(weight) over (partition by day, event_id order by sku rows unbounded preceding) as upto,
        sum(weight) over (partition by day, event_id) as whole
    from weighed
)
select event_id, day, sku, channel, currency, units,
    div(amount * upto, whole) - div(amount * (upto - weight), whole) as refunded,
    at, store, party_id
from placed;
