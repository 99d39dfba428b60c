-- An article is locked before its texts.

-- name: add_article
-- A draft.
insert into article (id, state, category, version, created_at, changed_at)
values ($1::uuid, 'draft', $2::text, 1, $3::timestamptz, $3::timestamptz);

-- name: lock_article
-- What the rules need of it.
select id, state, version from article where id = $1::uuid for update;

-- name: save_article
-- After an act.
update article set state = $2::text, version = $3::integer, changed_at = $4::timestamptz where id = $1::uuid;

-- name: retire_text
-- A newer one takes its place.
update article_text set newest = false where article_id = $1::uuid and language = $2::text and newest;

-- name: forget_words
-- Of the text that another takes the place of.
delete from article_word where article_id = $1::uuid and language = $2::text;

-- name: add_text
-- The next version in a language; words of the title count more.
insert into article_text (article_id, language, version, title, body, agent, written_at, words)
select
    $1::uuid, $2::text, coalesce(max(version), 0) + 1, $3::text, $4::text, $5::text, $6::timestamptz,
    setweight(to_tsvector($7::text::regconfig, $3::text), 'A') || setweight(to_tsvector($7::text::regconfig, $4::text), 'D')
from article_text
where article_id = $1::uuid and language = $2::text;

-- name: add_words
-- Of the newest text.
insert into article_word (language, word, article_id, occurrences)
select article_text.language, counted.word, article_text.article_id, counted.occurrences
from article_text
cross join lateral count_words(article_text.words) as counted
where article_text.article_id = $1::uuid and article_text.language = $2::text and article_text.newest
order by counted.word;

-- name: add_missing_words
-- Of newest texts that have none: an older version of Rapport, which runs beside this one while it is put in place, wrote
-- them.
insert into article_word (language, word, article_id, occurrences)
select article_text.language, counted.word, article_text.article_id, counted.occurrences
from article_text
cross join lateral count_words(article_text.words) as counted
where
    article_text.newest
    and not exists (
        select
        from article_word
        where article_word.article_id = article_text.article_id and article_word.language = article_text.language
    )
order by article_text.language, counted.word, article_text.article_id
on conflict do nothing;

-- name: find_article
-- For reading.
select id, state, category, version, deflected, created_at, changed_at from article where id = $1::uuid;

-- name: find_texts
-- Of an article, the newest of each language, or all.
select language, version, title, body, agent, written_at
from article_text
where article_id = $1::uuid and (newest or $2::boolean)
order by language, version desc;

-- name: list_articles
-- Newest first, after a place in that order, in one state or any; with the title in a language, or the first it has.
select
    article.id, article.state, article.category, article.version, article.deflected, article.created_at,
    article.changed_at, text.title
from article
cross join lateral (
    select article_text.title
    from article_text
    where article_text.article_id = article.id and article_text.newest
    order by article_text.language <> $5::text, article_text.language
    limit 1
) as text
where (article.created_at, article.id) < ($1::timestamptz, $2::uuid) and ($3::text is null or article.state = $3::text)
order by article.created_at desc, article.id desc
limit $4::integer;

-- name: search
-- Published texts in a language that have every word that is asked for, the best first.
select
    article_text.article_id, article_text.language, article_text.version, article_text.title,
    ts_headline($4::text::regconfig, article_text.body, asked.query, 'StartSel="", StopSel="", MaxWords=40, MinWords=15')
        as excerpt,
    ts_rank_cd(article_text.words, asked.query) as rank
from article_text
join article on article.id = article_text.article_id and article.state = 'published'
cross join lateral (select websearch_to_tsquery($4::text::regconfig, $1::text) as query) as asked
where
    article_text.newest and article_text.language = $2::text and article_text.words @@ asked.query
    and ($3::text is null or article.category = $3::text)
order by rank desc, article_text.article_id
limit $5::integer;

-- name: suggest
-- Published texts in a language by the words that they share with a longer one, those of its category before others: the
-- sum of what each word tells by BM25 (Robertson and Zaragoza, The Probabilistic Relevance Framework, 2009) with
-- k1 = 1.2 and b = 0, as among a hundred articles at least, for fewer do not tell how rare a word is. `share` is its part
-- of what all words of the text tell, those too that no article has, or fifteen of them on average: a letter says much
-- beside its subject. Of a word 1,000 articles are read at most, and of all some 2,500, the rarest words first: what many
-- have tells little of any.
with said as (
    select lexeme as word
    from unnest(to_tsvector($4::text::regconfig, $1::text))
    order by positions[1], lexeme
    limit 200
),

found as (
    select said.word, places.articles, sum(places.articles) over (order by places.articles, said.word) as upto
    from said
    cross join lateral (
        select count(*)::double precision as articles
        from (
            select
            from article_word
            where article_word.language = $2::text and article_word.word = said.word
            order by article_word.article_id
            limit 1000
        ) as place
    ) as places
),

told as (
    select
        found.word, found.upto - found.articles < 2500 as is_read,
        ln(1 + (known.texts - found.articles + 0.5) / (found.articles + 0.5)) as tells
    from found
    cross join (
        select greatest(count(*), 100)::double precision as texts
        from article_text
        where article_text.newest and article_text.language = $2::text
    ) as known
),

ranked as (
    select
        article_word.article_id, string_agg(quote_literal(told.word), ' | ')::tsquery as query,
        sum(told.tells * 2.2 * article_word.occurrences / (article_word.occurrences + 1.2)) as rank,
        sum(told.tells) / (select avg(each.tells) * least(count(*), 15) from told as each) as share
    from told
    inner join article_word on article_word.language = $2::text and article_word.word = told.word
    where told.is_read
    group by article_word.article_id
),

best as (
    select ranked.article_id, ranked.query, ranked.rank, coalesce(article.category = $3::text, false) as is_of_category
    from ranked
    inner join article on article.id = ranked.article_id and article.state = 'published'
    where ranked.share >= $6::double precision
    order by is_of_category desc, ranked.rank desc, ranked.article_id
    limit $5::integer
)

select
    article_text.article_id, article_text.language, article_text.version, article_text.title, article_text.body,
    ts_headline(
        $4::text::regconfig, article_text.body, best.query, 'StartSel="", StopSel="", MaxWords=40, MinWords=15'
    ) as excerpt,
    best.rank
from best
inner join article_text
    on article_text.article_id = best.article_id and article_text.language = $2::text and article_text.newest
order by best.is_of_category desc, best.rank desc, best.article_id;

-- name: add_deflection
-- Once; returns whether it is new.
insert into deflection (id, article_id, party_id, deflected_at)
select $1::uuid, id, $3::uuid, $4::timestamptz from article where id = $2::uuid
on conflict do nothing
returning id;

-- name: count_deflection
-- One more.
update article set deflected = deflected + 1 where id = $1::uuid;

-- name: find_unread
-- Newest texts of which this one did not read yet what they mean, so many of them.
select
    article_text.article_id, article_text.language, article_text.version, article_text.title, article_text.body
from article_text
left join article_vector
    on
        article_vector.article_id = article_text.article_id and article_vector.language = article_text.language
        and article_vector.made_by = $1::text
where article_text.newest and article_vector.version is distinct from article_text.version
order by article_text.article_id, article_text.language
limit $2::integer;

-- name: lock_vectors
-- One instance at a time writes, so that what has a lower number is seen first.
lock table article_vector in share row exclusive mode;

-- name: save_vectors
-- Of texts that are still the newest.
insert into article_vector (article_id, language, version, made_by, parts, made_at)
select given.article_id, given.language, given.version, $5::text, given.parts, $6::timestamptz
from unnest($1::uuid[], $2::text[], $3::integer[], $4::bytea[]) as given (article_id, language, version, parts)
join article_text
    on
        article_text.article_id = given.article_id and article_text.language = given.language
        and article_text.version = given.version and article_text.newest
order by given.article_id, given.language
on conflict (article_id, language, made_by) do update set
    version = excluded.version, parts = excluded.parts, number = default, made_at = excluded.made_at;

-- name: forget_others
-- Vectors of another model that are as old as this one's own: of two versions that run at once neither loses its own.
delete from article_vector as other
using article_vector as own
where
    other.article_id = own.article_id and other.language = own.language
    and own.made_by = $1::text and other.made_by <> $1::text
    and own.made_at < $2::timestamptz and other.made_at < $2::timestamptz;

-- name: last_vector
-- The number of what changed last; workers ask every few seconds.
select coalesce(max(number), 0) from article_vector;

-- name: load_vectors
-- What changed after a number, in this order, so much of it.
select number, article_id, language, version, parts
from article_vector
where number > $1::bigint and made_by = $2::text
order by number
limit $3::integer;

-- name: find_standing
-- Of these texts those that are the newest, of articles that are published and of a category, or of any.
select article_text.article_id, article_text.language, article_text.version
from unnest($1::uuid[], $2::text[], $3::integer[]) as given (article_id, language, version)
join article_text
    on
        article_text.article_id = given.article_id and article_text.language = given.language
        and article_text.version = given.version and article_text.newest
join article on article.id = article_text.article_id and article.state = 'published'
where $4::text is null or article.category = $4::text;

-- name: load_texts
-- These texts.
select article_text.article_id, article_text.language, article_text.version, article_text.title, article_text.body
from unnest($1::uuid[], $2::text[], $3::integer[]) as given (article_id, language, version)
join article_text
    on
        article_text.article_id = given.article_id and article_text.language = given.language
        and article_text.version = given.version;
