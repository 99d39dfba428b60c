-- name: save_names
-- Sorted by the caller, of locked parties, with all their words; returns those words that nobody had. No word goes meanwhile:
-- who forgets words waits for all who keep some, and the other way round. RF01 knows nothing of the row that was there
-- before, within a select.
with kept as (
    insert into searched_party as had (party_id, words)
    select named.party_id, string_to_array(named.words, ' ')
    from unnest($1::uuid[], $2::text[]) as named (party_id, words)
    on conflict (party_id) do update set
        words = excluded.words, former = array(select distinct unnest(had.former || had.words)) -- noqa: RF01
    where had.words <> excluded.words
)
insert into search_word (word)
select each.word
from (select pg_advisory_xact_lock_shared(hashtextextended('search words', 0))) as held, unnest($3::text[]) as each (word)
on conflict do nothing
returning word

-- name: forget_names
-- Of parties that are erased; returns the words that they have and had.
delete from searched_party where party_id = any ($1::uuid[]) returning words || former as words

-- name: add_forms
-- Of new words.
insert into search_form (form, word)
select * from unnest($1::text[], $2::text[])
on conflict do nothing

-- name: wait_for_words
-- Nobody keeps words until the end of the transaction, and who has kept some can be seen by the next statement.
select pg_advisory_xact_lock(hashtextextended('search words', 0))

-- name: forget_words
-- Words that nobody has any more.
with gone as (
    delete from search_word
    where word = any ($1::text[])
        and not exists (select from searched_party where searched_party.words @> array[search_word.word::text])
    returning word
)
delete from search_form where word in (select word from gone)

-- name: find_similar
-- The words that share a form with what was typed, and those that the last one begins.
select asked.place, search_form.word, asked.form
from unnest($1::integer[], $2::text[]) as asked (place, form)
join search_form on search_form.form = asked.form
union all
(
    select $3::integer, word, $4::text from search_word
    where word >= $4::text collate "C" and word < ($4::text || U&'\+10FFFF') collate "C"
    order by word
    limit 50
)

-- name: find_candidates
-- Parties that have one of the words for each place; null where there is no such place, for which those of the first are
-- asked again: so the index takes each, whatever the values. Of common names any of them: to sort all would read all.
select party_id, words
from searched_party
where
    words && $1::text[]
    and words && coalesce($2::text[], $1) and words && coalesce($3::text[], $1) and words && coalesce($4::text[], $1)
fetch first $5 rows only
