-- What the newest text of an article means, in each of its languages: the sentence vectors of its title and of its first
-- paragraphs, one after the other, and who made them of what. Rows are numbered as they change, so that every process
-- finds what came since by index.
create table article_vector (
    article_id uuid not null,
    language text not null,
    version integer not null,
    made_by text not null,
    parts bytea not null,
    number bigint generated always as identity,
    primary key (article_id, language),
    foreign key (article_id, language, version) references article_text (article_id, language, version)
);
create unique index article_vector_number on article_vector (number);
