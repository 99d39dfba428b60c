-- A cancelled sale is kept for what it was, so that refunds of it are known for what they are.
alter table sales_v1.sale add column cancelled boolean not null default false;

-- Each refund's amount over its products, in proportion to what the returned units had cost; sums to the amount exactly.
-- A refund of a cancelled sale is none: nothing of the sale counts. A refund whose sale is not known (yet) has no
-- channel; without lines either, no SKU.
create or replace view sales_v1.refund_line as
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
    div(amount * upto, whole) - div(amount * (upto - weight), whole) as refunded
from placed;
