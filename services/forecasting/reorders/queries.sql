-- name: find_standing
-- Every product of which something stands, as one value: thousands of rows would hold up the loop.
select coalesce(array_agg(sku order by sku), '{}') from reorder;

-- name: load_told
-- What stands of these products.
select
    sku, suggestion_id, cut, reorder_point, quantity, stock, days, service_level, demand, demand_low, demand_high,
    stock_out_risk, none_because, contributions, model, supersedes
from reorder
where sku = any($1)
order by sku;

-- name: save_told
-- The newest cut of a product holds, in whatever order its suggestions come back after a restore.
insert into reorder as had (
    sku, suggestion_id, cut, reorder_point, quantity, stock, days, service_level, demand, demand_low, demand_high,
    stock_out_risk, none_because, contributions, model, supersedes, recorded_at
)
select *, $17::timestamptz
from unnest(
    $1::text[], $2::uuid[], $3::date[], $4::bigint[], $5::bigint[], $6::bigint[], $7::int[], $8::float8[], $9::float8[],
    $10::float8[], $11::float8[], $12::float8[], $13::text[], $14::jsonb[], $15::text[], $16::uuid[]
)
on conflict (sku) do update set
    suggestion_id = excluded.suggestion_id, cut = excluded.cut, reorder_point = excluded.reorder_point,
    quantity = excluded.quantity, stock = excluded.stock, days = excluded.days, service_level = excluded.service_level,
    demand = excluded.demand, demand_low = excluded.demand_low, demand_high = excluded.demand_high,
    stock_out_risk = excluded.stock_out_risk, none_because = excluded.none_because,
    contributions = excluded.contributions, model = excluded.model, supersedes = excluded.supersedes,
    recorded_at = excluded.recorded_at
where had.cut <= excluded.cut;

-- name: forget_untold
-- What was looked at once, of which nothing was told and nothing is known any more.
delete from reorder where sku = any($1::text[]) and suggestion_id is null;

-- name: list_reorders
-- What may run out soonest first, after the position ($1, $2); of the product $4; to be ordered now or not ($5), where that is
-- said. What there is no advice on is not to be ordered.
select
    sku, suggestion_id, cut, reorder_point, quantity, stock, days, service_level, demand, demand_low, demand_high,
    stock_out_risk, none_because, contributions, model, supersedes, recorded_at
from reorder
where
    coalesce(stock_out_risk, 0) <= $1 and (coalesce(stock_out_risk, 0) < $1 or sku > $2)
    and ($4::text is null or sku = $4) and ($5::boolean is null or (coalesce(quantity, 0) > 0) = $5)
order by coalesce(stock_out_risk, 0) desc, sku
limit $3;
