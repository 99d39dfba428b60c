-- name: fill_articles
-- Published ones with these numbers, of eight paragraphs of sixty words; few words are in most of them, most in few.
-- That a paragraph names the number has each article's words drawn anew.
with written as (
    select
        number, md5('article ' || number)::uuid as id, said.words[1] as title,
        array_to_string(said.words[2:], E'\n\n') as body
    from generate_series($1::integer, $2::integer - 1) as number
    cross join lateral (
        select array_agg(paragraph.words order by place) as words
        from generate_series(0, 8) as place
        cross join lateral (
            select string_agg('w' || floor($3::integer * power(random(), 3))::integer, ' ') as words
            from generate_series(1, case when place = 0 then 6 else 60 end)
            where number >= 0
        ) as paragraph
    ) as said
),

added as (
    insert into article (id, state, version, created_at, changed_at)
    select id, 'published', 1, now(), now() from written
)

insert into article_text (article_id, language, version, title, body, agent, written_at, words)
select
    id, 'en', 1, title, body, 'staff-1', now(),
    setweight(to_tsvector('english', title), 'A') || setweight(to_tsvector('english', body), 'D')
from written;

-- name: analyze_words
-- As long work leaves it.
vacuum analyze article_word;

-- name: analyze_texts
-- As long work leaves it.
vacuum analyze article_text;
