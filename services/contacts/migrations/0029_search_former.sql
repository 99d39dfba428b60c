-- The words that a party was searched by before: an erasure takes them away too.
alter table searched_party add column former text[] not null default '{}';
