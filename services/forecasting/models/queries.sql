-- name: save_model
-- A model is fitted once a cut; the first one stands.
insert into model (name, cut, parameters, quality, recorded_at) values ($1, $2, $3, $4, $5)
on conflict (name, cut) do nothing;

-- name: find_models_in_force
-- Of each name the promoted one, or the newest where none is, or where a restored database has no longer the promoted one.
select asked.name, used.cut, used.parameters
from unnest($1::text[]) as asked (name)
cross join lateral (
    select model.cut, model.parameters
    from model
    left join model_promoted on model_promoted.name = model.name
    where model.name = asked.name
    order by (model.cut = model_promoted.cut) is true desc, model.cut desc
    limit 1
) as used;

-- name: find_newest_cut
-- Of the name, whether it is used or not.
select max(cut) from model where name = $1;

-- name: knows_model
-- Whether there is one of the name and cut.
select exists(select from model where name = $1 and cut = $2);

-- name: load_judged
-- The one in force and the newest, of those that were fitted to $2 or before.
with used as (
    select model.name, model.cut
    from model
    left join model_promoted on model_promoted.name = model.name
    where model.name = $1
    order by (model.cut = model_promoted.cut) is true desc, model.cut desc
    limit 1
),
seen_less as (
    select name, cut, parameters, row_number() over (order by cut desc) as place from model where name = $1 and cut <= $2
)
select
    seen_less.cut,
    seen_less.parameters,
    seen_less.cut = used.cut
    or (seen_less.place = 1 and not exists(select from model_promoted where name = $1 and cut is not null)) as in_force
from seen_less
cross join used
where seen_less.place = 1 or seen_less.cut = used.cut
order by seen_less.cut desc;

-- name: add_measured
-- Once for each cut: what comes late does not change what was measured.
insert into model_measured (name, until, cut, in_force, quality, recorded_at)
select $1, $2, cut, in_force, quality, $6
from unnest($3::date[], $4::boolean[], $5::jsonb[]) as measured (cut, in_force, quality)
on conflict (name, cut, until) do nothing;

-- name: list_measured
-- Of the name $1, the newest first, after the position ($2, $3).
select name, cut, until, in_force, quality, recorded_at
from model_measured
where name = $1 and (until, cut) < ($2, $3)
order by until desc, cut desc
limit $4;

-- name: lock_promotion
-- Two who promote take turns.
select name, cut, promoted_by, promoted_at, version from model_promoted where name = $1 for update;

-- name: save_promotion
-- The highest version holds, in whatever order a restore tells them.
insert into model_promoted as had (name, cut, promoted_by, promoted_at, version) values ($1, $2, $3, $4, $5)
on conflict (name) do update set
    cut = excluded.cut, promoted_by = excluded.promoted_by, promoted_at = excluded.promoted_at, version = excluded.version
where had.version < excluded.version;

-- name: list_models
-- Newest first, after the position ($2, $3); the one in force is the promoted one, or the newest of its name.
select
    model.name,
    model.cut,
    model.parameters,
    model.quality,
    model.recorded_at,
    model.cut = coalesce(
        (
            select model_promoted.cut
            from model_promoted
            join model as promoted on promoted.name = model_promoted.name and promoted.cut = model_promoted.cut
            where model_promoted.name = model.name
        ),
        (select max(newest.cut) from model as newest where newest.name = model.name)
    ) as in_force
from model
where ($1::text is null or model.name = $1) and (model.cut, model.name) < ($2, $3)
order by model.cut desc, model.name desc
limit $4;
