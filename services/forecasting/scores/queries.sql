-- Additions go to the projection that is being written, which the connection's search path names; what is read is of the
-- live one.

-- name: add_purchases
-- Rows come sorted by key, so that two instances wait for each other and never deadlock. Numbers come as one text a column.
insert into purchase_day as had (party_id, day, currency, sales, amount)
select *
from unnest(
    $1::uuid[], $2::date[], $3::text[], string_to_array($4, ' ')::int[], string_to_array($5, ' ')::numeric[]
)
on conflict (party_id, day, currency) do update set
    sales = had.sales + excluded.sales, amount = had.amount + excluded.amount;

-- name: load_came
-- Purchase days before $1 and in the 28 days from it on, without those whose every sale was cancelled, of at most about $2
-- parties, the same ones every time. One row, a column of 32-bit numbers for each of what is known, by party: made into rows,
-- so many of them hold up the loop of the service, and the process that wants them is another one.
with size as (
    select greatest(ceil(count(distinct party_id) / $2::float8), 1)::bigint as buckets
    from sales_v1.purchase_day
    where day < $1 and sales > 0
),
party as (
    select
        min(day) as first,
        max(day) filter (where day < $1) as last,
        (count(distinct day) filter (where day < $1))::int as days,
        (count(distinct day) filter (where day < $1 and day >= $1::date - 14))::int as in_14,
        (count(distinct day) filter (where day < $1 and day >= $1::date - 28))::int as in_28,
        (count(distinct day) filter (where day < $1 and day >= $1::date - 56))::int as in_56,
        (count(distinct day) filter (where day < $1 and day >= $1::date - 112))::int as in_112,
        (count(distinct day) filter (where day >= $1))::int as came
    from sales_v1.purchase_day, size
    where day < $1 + 28 and sales > 0 and (buckets = 1 or mod(hashtextextended(party_id::text, 0), buckets) = 0)
    group by party_id
    having min(day) < $1
    order by party_id
)
select
    string_agg(int4send(first - date '0001-01-01' + 1), '') as first,
    string_agg(int4send(last - date '0001-01-01' + 1), '') as last,
    string_agg(int4send(days), '') as days,
    string_agg(int4send(in_14), '') as in_14,
    string_agg(int4send(in_28), '') as in_28,
    string_agg(int4send(in_56), '') as in_56,
    string_agg(int4send(in_112), '') as in_112,
    string_agg(int4send(came), '') as came
from party;

-- name: load_page
-- The next parties by id with their purchase days before the cut; none yet: nulls.
select
    party_id,
    min(day) filter (where day < $2) as first,
    max(day) filter (where day < $2) as last,
    (count(distinct day) filter (where day < $2))::int as days,
    (count(distinct day) filter (where day < $2 and day >= $2::date - 14))::int as in_14,
    (count(distinct day) filter (where day < $2 and day >= $2::date - 28))::int as in_28,
    (count(distinct day) filter (where day < $2 and day >= $2::date - 56))::int as in_56,
    (count(distinct day) filter (where day < $2 and day >= $2::date - 112))::int as in_112
from sales_v1.purchase_day
where party_id > $1 and sales > 0
group by party_id
order by party_id
limit $3;

-- name: load_purchases
-- Of a party, under all its ids, up to and with $2: its purchase days; the gaps between those of the year, on the logarithm;
-- on how many of them it bought, and for how much in the currency in which it did on most of them, of two the first by name.
with bought as materialized (
    select day, currency, amount, day > $2::date - 364 as of_the_year
    from sales_v1.purchase_day
    where party_id = any($1::uuid[]) and day <= $2 and sales > 0
),
history as (
    select
        min(day) as first,
        max(day) as last,
        count(distinct day)::int as days,
        (count(distinct day) filter (where day > $2::date - 14))::int as in_14,
        (count(distinct day) filter (where day > $2::date - 28))::int as in_28,
        (count(distinct day) filter (where day > $2::date - 56))::int as in_56,
        (count(distinct day) filter (where day > $2::date - 112))::int as in_112,
        (count(distinct day) filter (where of_the_year))::int as in_year
    from bought
    having count(*) > 0
),
gap as (
    select ln((day - lag(day) over (order by day))::float8) as length
    from (select distinct day from bought where of_the_year) as day_of_the_year
),
rhythm as (
    select count(length)::int as gaps, avg(length) as mean, coalesce(var_samp(length), 0) as variance from gap
),
own as (
    select currency, sum(amount)::float8 as amount
    from bought
    where of_the_year
    group by currency
    order by count(distinct day) desc, currency
    limit 1
)
select history.*, rhythm.*, own.currency, own.amount
from history
cross join rhythm
left join own on true;

-- name: load_scores
-- Locked in order: what is published next depends on them.
select party_id, score, value, band, as_of
from score
where party_id = any($1::uuid[])
order by party_id, score
for update;

-- name: save_scores
-- Scores as their last events told them.
insert into score (party_id, score, value, band, as_of)
select * from unnest($1::uuid[], $2::text[], $3::float8[], $4::text[], $5::date[])
on conflict (party_id, score) do update set value = excluded.value, band = excluded.band, as_of = excluded.as_of;

-- name: load_rhythms
-- Of the parties $1, the gaps between their purchase days in the year before $2, on the logarithm.
with bought as (
    select distinct party_id, day
    from sales_v1.purchase_day
    where party_id = any($1::uuid[]) and day >= $2::date - 364 and day < $2 and sales > 0
),
gap as (
    select party_id, ln((day - lag(day) over (partition by party_id order by day))::float8) as length from bought
)
select party_id, count(length)::int as gaps, avg(length) as mean, coalesce(var_samp(length), 0) as variance
from gap
group by party_id
having count(length) > 0;

-- name: find_purchases
-- The first day on which each of the parties $2 bought from its day of $3 on, by the ids $1.
select asked.name, min(bought.day) as first
from unnest($1::uuid[], $2::uuid[], $3::date[]) as asked (name, party_id, since)
join sales_v1.purchase_day as bought on bought.party_id = asked.party_id and bought.day >= asked.since
where bought.sales > 0
group by asked.name;

-- name: load_spent
-- Of the parties $1: on how many days within [$2, $3) they bought, and for how much in the currency in which they did on most
-- of them; of two the first by name.
with bought as (
    select party_id, day, currency, amount
    from sales_v1.purchase_day
    where party_id = any($1::uuid[]) and day >= $2 and day < $3 and sales > 0
),
own as (
    select distinct on (party_id) party_id, currency, sum(amount)::float8 as amount
    from bought
    group by party_id, currency
    order by party_id, count(distinct day) desc, currency
)
select own.party_id, count(distinct bought.day)::int as days, own.currency, own.amount
from own
join bought on bought.party_id = own.party_id
group by own.party_id, own.currency, own.amount;

-- name: measure_fifths
-- Of what was bought within [$1, $2) what parts all who bought into fifths: days since the last purchase, days with one,
-- and, of each currency in which $3 parties or more bought mostly, what they spent in it.
with bought as (
    select party_id, currency, count(*) as days, sum(amount)::float8 as amount
    from sales_v1.purchase_day
    where day >= $1 and day < $2 and sales > 0
    group by party_id, currency
),
own as (
    select distinct on (party_id) party_id, currency, amount from bought order by party_id, days desc, currency
),
party as (
    select party_id, max(day) as last, count(distinct day) as days
    from sales_v1.purchase_day
    where day >= $1 and day < $2 and sales > 0
    group by party_id
)
select
    'days_since_last_purchase' as input,
    count(*)::int as parties,
    percentile_disc(array[0.2, 0.4, 0.6, 0.8]) within group (order by ($2::date - last)::float8) as bounds
from party
having count(*) > 0
union all
select
    'purchase_days_in_year',
    count(*)::int,
    percentile_disc(array[0.2, 0.4, 0.6, 0.8]) within group (order by days::float8)
from party
having count(*) > 0
union all
select
    'spent_in_year:' || currency,
    count(*)::int,
    percentile_disc(array[0.2, 0.4, 0.6, 0.8]) within group (order by amount)
from own
group by currency
having count(*) >= $3;
