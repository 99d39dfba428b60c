-- Reads across: the live projection's sums, the products' categories, and what is forecast.

-- name: load_department_weeks
-- Revenue by department, currency and week (from Monday on) within [from, cut).
select
    coalesce(product.category[1], $3) as department,
    sold_day.currency,
    date_trunc('week', sold_day.day)::date as week,
    sum(sold_day.revenue) as revenue
from sales_v1.sold_day
left join sales_v1.product using (sku)
where sold_day.day >= $1 and sold_day.day < $2
group by 1, 2, 3
order by 1, 2, 3;

-- name: find_first_day
-- The day of the earliest sale.
select min(day) from sales_v1.sold_day;

-- name: count_sales
-- Sales that happened before the cut, as far as they are known.
select coalesce(sum(sales), 0)::bigint from sales_v1.channel_day where day < $1;

-- name: save_series
-- The first whole week moves when an earlier sale is reported.
insert into series (id, department, currency, unit, first_week)
select * from unnest($1::text[], $2::text[], $3::text[], $4::text[], $5::date[])
on conflict (id) do update set first_week = excluded.first_week;

-- name: list_series
-- By id, after $1.
select id, department, currency, unit, first_week from series where id > $1 order by id limit $2;

-- name: find_series
-- Those of the ids that are known.
select id, department, currency, unit, first_week from series where id = any($1::text[]) order by id;

-- name: sum_sales
-- Totals by product, category, channel, day or week, after the position ($8, $9).
select key, currency, lines, units, revenue, returned, refunded
from (
    select
        case $1
            when 'product' then sku
            when 'category' then coalesce(product.category[1], '(none)')
            when 'channel' then channel
            when 'day' then day::text
            else date_trunc('week', day)::date::text
        end collate "C" as key,
        currency,
        sum(sales)::bigint as lines,
        sum(units)::bigint as units,
        sum(revenue) as revenue,
        sum(returned)::bigint as returned,
        sum(refunded) as refunded
    from sales_v1.product_day
    left join sales_v1.product using (sku)
    where
        day >= $2 and day < $3
        and ($4::text is null or sku = $4)
        and ($5::text is null or coalesce(product.category[1], '(none)') = $5)
        and ($6::text is null or channel = $6)
        and ($7::text is null or currency = $7)
    group by 1, 2
) as total
where (key, currency) > ($8, $9)
order by key, currency
limit $10;

-- name: sum_baskets
-- Whole sales by channel, day or week.
select
    case $1 when 'channel' then channel when 'day' then day::text else date_trunc('week', day)::date::text end as key,
    currency,
    sum(sales)::bigint as sales,
    sum(revenue) as total
from sales_v1.channel_day
where day >= $2 and day < $3 and ($4::text is null or channel = $4)
group by 1, 2;
