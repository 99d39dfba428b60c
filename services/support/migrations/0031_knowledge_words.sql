-- How often the newest text of an article has each of its words, those of its title four times: a longer text finds those
-- that have its rare words, by index and without reading what they say.
create table article_word (
    language text not null,
    word text not null,
    article_id uuid not null,
    occurrences integer not null,
    primary key (language, word, article_id)
);
create index article_word_text on article_word (article_id, language);

create function count_words(words tsvector) returns table (word text, occurrences integer) language sql immutable as $$
    select lexeme, (cardinality(weights) + 3 * cardinality(array_positions(weights, 'A')))::integer from unnest(words)
$$;

insert into article_word (language, word, article_id, occurrences)
select article_text.language, counted.word, article_text.article_id, counted.occurrences
from article_text
cross join lateral count_words(article_text.words) as counted
where article_text.newest
order by article_text.language, counted.word, article_text.article_id;

-- What two versions of Rapport read of a text by two models stands side by side while both run.
alter table article_vector
drop constraint article_vector_pkey,
add column made_at timestamptz not null default now(),
add primary key (article_id, language, made_by);
