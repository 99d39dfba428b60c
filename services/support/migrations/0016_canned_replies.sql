-- Replies that are kept for use again, in every language that somebody wrote. One that is removed may be written anew.
create table canned_reply (
    name text primary key,
    texts jsonb not null,
    version integer not null default 1,
    removed boolean not null default false,
    agent text not null,
    changed_at timestamptz not null
);
