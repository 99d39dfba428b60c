-- name: save_model
-- A model is fitted once a cut; the first one stands.
insert into model (name, cut, parameters, quality, recorded_at) values ($1, $2, $3, $4, $5)
on conflict (name, cut) do nothing;

-- name: find_newest_model
-- The model in force.
select cut, parameters from model where name = $1 order by cut desc limit 1;

-- name: list_models
-- Newest first, after the position ($2, $3).
select name, cut, parameters, quality, recorded_at
from model
where ($1::text is null or name = $1) and (cut, name) < ($2, $3)
order by cut desc, name desc
limit $4;
