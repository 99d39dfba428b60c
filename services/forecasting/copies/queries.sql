-- The tables of the projection that is being written: the connection's search path names its schema.

-- name: save_products
-- Within a key the log's order decides: the last description of a batch replaces what is known.
insert into product (sku, name, category)
select sku, name, array(select json_array_elements_text(path))
from unnest($1::text[], $2::text[], $3::json[]) as described (sku, name, path)
on conflict (sku) do update set name = excluded.name, category = excluded.category;

-- name: forget_products
-- Products that are described no more.
delete from product where sku = any($1::text[]);
