-- Reads across: the live projection's sums, the sales themselves, the products, and who belonged to which segment.

-- name: prepare_sums
-- For the transaction: a plan for what is asked. One for any question would look up each line's product even where
-- nobody asks for departments, and read all three sources.
select set_config('plan_cache_mode', 'force_custom_plan', true), set_config('work_mem', '32MB', true);

-- name: sum_sales
-- Totals by $2 after the position ($17, $18), of the sums by day or by slot, or, where segments are asked about, of the
-- sales themselves ($1). Within [$3, $4), days in the zone $5. $6 parts of a category's path make a key; $7: whole sales
-- are asked for too; $8: costs are. $9 to $14 are filters, $15 and $16 what a key is called that is not known. Lines are
-- summed before their keys are written out and compared.
with spell as (
    select
        party_id,
        segment,
        entered,
        at as since,
        lead(at, 1, 'infinity') over (partition by party_id, segment order by at, entered) as until
    from sales_v1.segment_change
    where $1 = 'sale' and ($14::text is null or segment = $14)
),
sold as (
    select sale.*, spell.segment
    from sales_v1.sale
    left join spell
        on spell.entered and spell.party_id = sale.party_id and spell.since <= sale.at and spell.until > sale.at
    where
        $1 = 'sale' and not sale.cancelled
        and sale.at >= $3::date::timestamp at time zone $5 and sale.at < $4::date::timestamp at time zone $5
),
line as (
    select
        day, null::timestamptz as at, null::text as segment, null::text as store, sku, channel, currency,
        sales as lines, units, revenue, 0 as returned, 0 as refunded, null::bigint as sales, null::numeric as total
    from sales_v1.sold_day
    where $1 = 'day' and day >= $3 and day < $4
    union all
    select null, slot, null, store, sku, channel, currency, sales, units, revenue, 0, 0, null, null
    from sales_v1.sold_slot
    where
        $1 = 'slot'
        and slot >= $3::date::timestamp at time zone $5 and slot < $4::date::timestamp at time zone $5
    union all
    select
        null, at, segment, store, item ->> 0, channel, currency,
        1, (item ->> 1)::bigint, (item ->> 2)::numeric, 0, 0, null, null
    from sold, json_array_elements(sold.lines) as bought (item)
    union all
    select
        refund_line.day, case when $1 <> 'day' then refund_line.at end, spell.segment, refund_line.store,
        refund_line.sku, refund_line.channel, refund_line.currency,
        0, 0, 0, refund_line.units, refund_line.refunded, null, null
    from sales_v1.refund_line
    left join spell
        on
            spell.entered and spell.party_id = refund_line.party_id
            and spell.since <= refund_line.at and spell.until > refund_line.at
    where
        refund_line.day >= $3::date - 1 and refund_line.day < $4::date + 1
        and case
            when $1 = 'day' then refund_line.day >= $3 and refund_line.day < $4
            else
                refund_line.at >= $3::date::timestamp at time zone $5
                and refund_line.at < $4::date::timestamp at time zone $5
        end
    union all
    select day, null, null, null, null, channel, currency, 0, 0, 0, 0, 0, sales, revenue
    from sales_v1.channel_day
    where $7::boolean and $1 = 'day' and day >= $3 and day < $4
    union all
    select null, slot, null, store, null, channel, currency, 0, 0, 0, 0, 0, sales, revenue
    from sales_v1.basket_slot
    where
        $7::boolean and $1 = 'slot'
        and slot >= $3::date::timestamp at time zone $5 and slot < $4::date::timestamp at time zone $5
    union all
    select null, at, segment, store, null, channel, currency, 0, 0, 0, 0, 0, 1, total
    from sold
    where $7::boolean
),
summed as materialized (
    select
        case $2
            when 'product' then line.sku
            when 'category' then coalesce(nullif(array_to_string(product.category[1:$6], $15), ''), $16)
            when 'channel' then line.channel
            when 'store' then coalesce(nullif(line.store, ''), $16)
            when 'segment' then coalesce(line.segment, $16)
        end as name,
        case when $2 in ('day', 'week', 'month') then coalesce((line.at at time zone $5)::date, line.day) end as day,
        case when $2 = 'hour' then date_trunc('hour', line.at, $5) end as at,
        line.currency,
        sum(line.lines) as lines,
        sum(line.units) as units,
        sum(line.revenue) as revenue,
        sum(line.returned) as returned,
        sum(line.refunded) as refunded,
        sum(line.sales) as sales,
        sum(line.total) as total,
        sum(case when $8::boolean and product.cost_currency = line.currency then line.revenue end) as costed,
        sum(
            case when $8 and product.cost_currency = line.currency then product.cost * line.units::numeric end
        ) as cost
    from line
    left join sales_v1.product using (sku)
    where
        ($9::text is null or line.sku = $9)
        and (
            $10::text is null
            or coalesce(product.category[1], $16) = $10
            or array_to_string(product.category, $15) = $10
            or starts_with(array_to_string(product.category, $15), $10 || $15)
        )
        and ($11::text is null or line.channel = $11)
        and ($12::text is null or line.currency = $12)
        and ($13::text is null or coalesce(nullif(line.store, ''), $16) = $13)
        and ($14::text is null or line.segment = $14)
    group by 1, 2, 3, 4
),
total as (
    select
        coalesce(
            name,
            to_char(at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI"Z"'),
            case $2 when 'day' then day else date_trunc($2, day)::date end::text
        ) collate "C" as key,
        currency,
        sum(lines)::bigint as lines,
        sum(units)::bigint as units,
        sum(revenue) as revenue,
        sum(returned)::bigint as returned,
        sum(refunded) as refunded,
        sum(sales)::bigint as sales,
        sum(total) as total,
        sum(costed) as costed,
        sum(costed) - sum(cost) as margin
    from summed
    group by 1, 2
)
select key, currency, lines, units, revenue, returned, refunded, sales, total, costed, margin
from total
where (key, currency) > ($17, $18)
order by key, currency
limit $19;
