-- The projection forecasting.sales, version 1: what was sold and paid back, by day of the event's time (UTC).
-- Amounts are minor units of their currency, in sums wider than eight bytes: a line may be worth 10^20. Categories
-- and refunds are joined on reading, so no order of events matters.
create schema sales_v1;

create table sales_v1.sold_day (             -- units and revenue a day, channel, currency and product
    day date not null,
    channel text collate "C" not null,
    currency text collate "C" not null,
    sku text collate "C" not null,
    sales bigint not null,                   -- sales that had the product
    units bigint not null,
    revenue numeric not null,                -- of these lines, discounts taken off
    primary key (day, channel, currency, sku)
) with (fillfactor = 80);

create table sales_v1.channel_day (          -- whole sales a day, channel and currency
    day date not null,
    channel text collate "C" not null,
    currency text collate "C" not null,
    partition smallint not null,             -- of crm.sales: two instances never wait for one row
    sales bigint not null,
    revenue numeric not null,                -- totals of whole sales
    primary key (day, channel, currency, partition)
) with (fillfactor = 50);

create table sales_v1.purchase_day (         -- the days on which a party bought
    party_id uuid not null,
    day date not null,
    currency text collate "C" not null,
    sales integer not null,
    amount numeric not null,
    primary key (party_id, day, currency)
);

create table sales_v1.sale (                 -- what a refund needs to know of its sale
    origin text collate "C" not null,
    sale_id text collate "C" not null,
    channel text not null,
    lines json not null,                     -- [[sku, units, amount], ...]: one value costs less than three arrays
    primary key (origin, sale_id)
);

create table sales_v1.refund (               -- joined to its sale by (origin, sale_id) on reading
    event_id text collate "C" primary key,
    origin text not null,
    sale_id text not null,
    day date not null,                       -- of the refund
    currency text not null,
    amount numeric not null,
    skus text[] not null,                    -- empty: the whole sale
    quantities bigint[] not null
);
create index refund_by_day on sales_v1.refund (day);

create table sales_v1.product (              -- the newest description of a product
    sku text collate "C" primary key,
    name text not null,
    category text[] not null                 -- a path from the department down; may be empty
);

create table sales_v1.campaign_day (         -- messages sent and skipped
    day date not null,
    campaign text collate "C" not null,      -- empty: no campaign matched
    outcome text collate "C" not null,       -- sent, unknown, or the reason why it was skipped
    partition smallint not null,
    messages bigint not null,
    primary key (day, campaign, outcome, partition)
) with (fillfactor = 50);

create table sales_v1.ticket_day (           -- tickets opened
    day date not null,
    channel text collate "C" not null,
    partition smallint not null,
    opened bigint not null,
    primary key (day, channel, partition)
) with (fillfactor = 50);

-- Each refund's amount over its products, in proportion to what the returned units had cost; sums to the amount exactly.
-- A refund whose sale is not known (yet) has no channel; without lines either, no SKU.
create view sales_v1.refund_line as
with back as (
    select refund.event_id, refund.day, refund.currency, refund.amount, coalesce(sale.channel, '') as channel,
        item.sku, item.units,
        coalesce((
            select div((line ->> 2)::numeric * item.units, (line ->> 1)::numeric)
            from json_array_elements(sale.lines) as bought (line)
            where line ->> 0 = item.sku), 0) as cost
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
), weighed as (
    select back.*, case when sum(cost) over (partition by day, event_id) > 0 then cost else 1 end as weight from back
), placed as (
    select weighed.*,
        sum(weight) over (partition by day, event_id order by sku rows unbounded preceding) as upto,
        sum(weight) over (partition by day, event_id) as whole
    from weighed
)
select event_id, day, sku, channel, currency, units,
    div(amount * upto, whole) - div(amount * (upto - weight), whole) as refunded
from placed;

-- The answer: a row a day, product, channel and currency, refunds on the day on which they were made.
create view sales_v1.product_day as
select day, sku, channel, currency, sum(sales)::bigint as sales, sum(units)::bigint as units,
    sum(revenue) as revenue, sum(returned)::bigint as returned, sum(refunded) as refunded
from (
    select day, sku, channel, currency, sales, units, revenue, 0 as returned, 0 as refunded from sales_v1.sold_day
    union all
    select day, sku, channel, currency, 0, 0, 0, units, refunded from sales_v1.refund_line
) as both_ways
group by day, sku, channel, currency;
