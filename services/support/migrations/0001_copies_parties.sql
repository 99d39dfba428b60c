-- A row without a version is a party that a request named before its description came.
create table party (
    id uuid primary key,
    version integer not null default 0,
    name text,
    locale text,
    merged_into uuid,
    erased boolean not null default false
);
create index party_merged_into on party (merged_into) where merged_into is not null;
