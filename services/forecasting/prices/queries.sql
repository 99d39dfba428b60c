-- name: find_standing
-- Every product of which something stands, as one value: thousands of rows would hold up the loop.
select coalesce(array_agg(sku order by sku), '{}') from price;

-- name: load_told
-- What stands of these products.
select
    sku, suggestion_id, cut, currency, price, suggested, floor, elasticity, elasticity_low, elasticity_high,
    gain, gain_low, gain_high, none_because, contributions, model, supersedes
from price
where sku = any($1)
order by sku;

-- name: save_told
-- The newest cut of a product holds, in whatever order its suggestions come back after a restore.
insert into price as had (
    sku, suggestion_id, cut, currency, price, suggested, floor, elasticity, elasticity_low, elasticity_high,
    gain, gain_low, gain_high, none_because, contributions, model, supersedes, recorded_at
)
select *, $18::timestamptz
from unnest(
    $1::text[], $2::uuid[], $3::date[], $4::text[], $5::bigint[], $6::bigint[], $7::bigint[], $8::float8[], $9::float8[],
    $10::float8[], $11::float8[], $12::float8[], $13::float8[], $14::text[], $15::jsonb[], $16::text[], $17::uuid[]
)
on conflict (sku) do update set
    suggestion_id = excluded.suggestion_id, cut = excluded.cut, currency = excluded.currency, price = excluded.price,
    suggested = excluded.suggested, floor = excluded.floor, elasticity = excluded.elasticity,
    elasticity_low = excluded.elasticity_low, elasticity_high = excluded.elasticity_high, gain = excluded.gain,
    gain_low = excluded.gain_low, gain_high = excluded.gain_high, none_because = excluded.none_because,
    contributions = excluded.contributions, model = excluded.model, supersedes = excluded.supersedes,
    recorded_at = excluded.recorded_at
where had.cut <= excluded.cut;

-- name: forget_untold
-- What was looked at once, of which nothing was told and nothing is known any more.
delete from price where sku = any($1::text[]) and suggestion_id is null;

-- name: list_prices
-- What gains most first, after the position ($1, $2); of the product $4, and with advice or without ($5), where that is said.
select
    sku, suggestion_id, cut, currency, price, suggested, floor, elasticity, elasticity_low, elasticity_high,
    gain, gain_low, gain_high, none_because, contributions, model, supersedes, recorded_at
from price
where
    coalesce(gain, 0) <= $1 and (coalesce(gain, 0) < $1 or sku > $2)
    and ($4::text is null or sku = $4) and ($5::boolean is null or (suggested is not null) = $5)
order by coalesce(gain, 0) desc, sku
limit $3;
