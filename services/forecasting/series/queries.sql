-- Reads across: the live projection's sums, the products' categories, and what is forecast.

-- name: load_department_weeks
-- Of the $4 departments and currencies that sold most within [$1, $2), which are whole weeks, those that sold most first: the
-- weeks with sales, counted from $1, and the revenue of each, packed: a row for each week would hold up the loop. $3 names
-- those without a department. `departments` is how many there are.
with weekly as (
    select
        coalesce(product.category[1], $3) as department,
        sold_day.currency,
        (sold_day.day - $1::date) / 7 as week,
        sum(sold_day.revenue) as revenue
    from sales_v1.sold_day
    left join sales_v1.product using (sku)
    where sold_day.day >= $1 and sold_day.day < $2
    group by 1, 2, 3
)
select
    department,
    currency,
    string_agg(int4send(week), '') as weeks,
    string_agg(float8send(revenue::float8), '') as amounts,
    count(*) over ()::int as departments
from weekly
group by department, currency
order by sum(revenue) desc, department, currency
limit $4;

-- name: load_weeks
-- Revenue by week within [$1, $2) of the departments and currencies that are asked for. Lines are summed by day first: the
-- week of a day is dear to find. They are chosen by lists, and the pairs only of their sums: of a join with the pairs the
-- planner expects too few lines by far, and sorts them all.
with daily as (
    select coalesce(product.category[1], $3) as department, sold_day.currency, sold_day.day, sum(sold_day.revenue) as revenue
    from sales_v1.sold_day
    left join sales_v1.product using (sku)
    where
        sold_day.day >= $1 and sold_day.day < $2
        and coalesce(product.category[1], $3) = any($4::text[])
        and sold_day.currency = any($5::text[])
    group by 1, 2, 3
)
select department, currency, date_trunc('week', day)::date as week, sum(revenue) as revenue
from daily
join unnest($4::text[], $5::text[]) as asked (department, currency) using (department, currency)
group by 1, 2, 3
order by 1, 2, 3;

-- name: load_product_weeks
-- Units a week within [$1, $2), which are whole weeks, of the $4 products that sold most units, $3 or more: the weeks with
-- sales, counted from $1, and the units of each, packed.
with weekly as (
    select sku, (day - $1::date) / 7 as week, sum(units)::float8 as units
    from sales_v1.sold_day
    where day >= $1 and day < $2
    group by 1, 2
)
select sku, string_agg(int4send(week), '') as weeks, string_agg(float8send(units), '') as amounts
from weekly
group by sku
having sum(units) >= $3::bigint
order by sum(units) desc, sku
limit $4;

-- name: load_weeks_of_products
-- Units a week within [$1, $2), which are whole weeks, of the products $3: the weeks with sales, counted from $1, and the
-- units of each, packed.
with weekly as (
    select sku, (day - $1::date) / 7 as week, sum(units)::float8 as units
    from sales_v1.sold_day
    where day >= $1 and day < $2 and sku = any($3::text[])
    group by 1, 2
)
select sku, string_agg(int4send(week), '') as weeks, string_agg(float8send(units), '') as amounts
from weekly
group by sku
order by sku;

-- name: load_sold_most
-- The $3 products that sold most units within [$1, $2), each in the currency in which it did; as floats, which nobody's
-- absurd quantity overflows.
select sku, currency
from (
    select distinct on (sku) sku, currency, sum(units)::float8 as units
    from sales_v1.sold_day
    where day >= $1 and day < $2
    group by sku, currency
    order by sku, units desc, currency
) as sold
where units > 0
order by units desc, sku
limit $3;

-- name: load_priced_weeks
-- Units, revenue and units with a discount a week, oldest first, within [$1, $2), which are whole weeks, of the products
-- and currencies ($3, $4).
with weekly as (
    select
        sku,
        (day - $1::date) / 7 as week,
        sum(units)::float8 as units,
        sum(revenue)::float8 as revenue,
        sum(discounted)::float8 as discounted
    from sales_v1.sold_day
    join unnest($3::text[], $4::text[]) as asked (sku, currency) using (sku, currency)
    where day >= $1 and day < $2
    group by 1, 2
)
select
    asked.sku,
    array_agg(coalesce(weekly.units, 0) order by place.week) as units,
    array_agg(coalesce(weekly.revenue, 0) order by place.week) as revenue,
    array_agg(coalesce(weekly.discounted, 0) order by place.week) as discounted
from unnest($3::text[]) as asked (sku)
cross join generate_series(0, ($2::date - $1::date) / 7 - 1) as place (week)
left join weekly on weekly.sku = asked.sku and weekly.week = place.week
group by asked.sku
order by asked.sku;

-- name: load_daily_units
-- Units a day, oldest first, within [$1, $2) of the products $3, in all currencies.
with daily as (
    select sku, day, sum(units)::float8 as units
    from sales_v1.sold_day
    where day >= $1 and day < $2 and sku = any($3::text[])
    group by 1, 2
)
select asked.sku, array_agg(coalesce(daily.units, 0) order by place.day) as units
from unnest($3::text[]) as asked (sku)
cross join generate_series($1::date, $2::date - 1, interval '1 day') as place (day)
left join daily on daily.sku = asked.sku and daily.day = place.day::date
group by asked.sku
order by asked.sku;

-- name: load_department_lines
-- Lines of baskets by week within [$1, $2), which are whole weeks, of the $4 departments that have most: the weeks with any,
-- counted from $1, and the lines of each, packed; $3 names those without a department.
with weekly as (
    select
        coalesce(product.category[1], $3) as department,
        (sold_day.day - $1::date) / 7 as week,
        sum(sold_day.sales)::float8 as lines
    from sales_v1.sold_day
    left join sales_v1.product using (sku)
    where sold_day.day >= $1 and sold_day.day < $2
    group by 1, 2
    having sum(sold_day.sales) > 0
)
select department, string_agg(int4send(week), '') as weeks, string_agg(float8send(lines), '') as amounts
from weekly
group by department
order by sum(lines) desc, department
limit $4;

-- name: find_first_day
-- The day of the earliest sale.
select min(day) from sales_v1.sold_day;

-- name: find_last_day
-- The day of the newest sale.
select max(day) from sales_v1.sold_day;

-- name: find_last_days
-- The last day with a sale of each of these weeks (their Mondays) that has any.
select last.day
from unnest($1::date[]) as asked (week)
cross join lateral (
    select max(sold_day.day) as day from sales_v1.sold_day where sold_day.day >= week and sold_day.day < week + 7
) as last
where last.day is not null;

-- name: count_sales
-- Sales that happened before the cut, as far as they are known.
select coalesce(sum(sales), 0)::bigint from sales_v1.channel_day where day < $1;

-- name: save_series
-- The first whole week moves when an earlier sale is reported.
insert into series (id, department, currency, unit, first_week)
select * from unnest($1::text[], $2::text[], $3::text[], $4::text[], $5::date[])
on conflict (id) do update set first_week = excluded.first_week;

-- name: list_series
-- By id, after $1, each with the reason why the newest cut left it out, if it did.
select
    series.id,
    series.department,
    series.currency,
    series.unit,
    series.first_week,
    set_aside.cut as set_aside_cut,
    set_aside.reason as set_aside_reason
from series
left join set_aside on set_aside.name = series.id and set_aside.cut = (select max(cut) from job)
where series.id > $1
order by series.id
limit $2;

-- name: find_series
-- Those of the ids that are known.
select id, department, currency, unit, first_week from series where id = any($1::text[]) order by id;
