-- Articles by which customers and agents help themselves. `deflected` counts the requests that were not made for one.
create table article (
    id uuid primary key,
    state text not null check (state in ('draft', 'published', 'retired')),
    category text,
    version integer not null,
    deflected bigint not null default 0,
    created_at timestamptz not null,
    changed_at timestamptz not null
);
create index article_newest on article (created_at desc, id desc);

-- What articles say, by language; a version never changes, and the newest of a language is shown and searched.
create table article_text (
    article_id uuid not null references article (id),
    language text not null,
    version integer not null,
    title text not null,
    body text not null,
    agent text not null,
    written_at timestamptz not null,
    newest boolean not null default true,
    words tsvector not null,
    primary key (article_id, language, version)
);
create unique index article_text_newest on article_text (article_id, language) where newest;
create index article_text_words on article_text using gin (words) where newest;

-- Requests that were not made, since an article helped; without a party where nobody said who it was.
create table deflection (
    id uuid primary key,
    article_id uuid not null references article (id),
    party_id uuid,
    deflected_at timestamptz not null
);
create index deflection_party on deflection (party_id) where party_id is not null;
