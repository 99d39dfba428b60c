-- name: add_tags
-- Of parties that may have them already.
insert into party_tag (party_id, tag)
select party_id, tag from unnest($1::uuid[], $2::text[]) as given (party_id, tag) order by party_id, tag
on conflict do nothing

-- name: forget_tags
-- Of parties that may not have them.
delete from party_tag using unnest($1::uuid[], $2::text[]) as given (party_id, tag)
where party_tag.party_id = given.party_id and party_tag.tag = given.tag

-- name: load_tags
-- All words that these parties were given.
select party_id, tag from party_tag where party_id = any($1::uuid[])
