-- Parties that were found to be one: whoever is asked about one of them is told of all.
create table party_alias (
    party_id uuid primary key,
    into_party_id uuid not null,             -- which goes on for both; it may be merged itself
    merge_id uuid not null
);
create index party_alias_into on party_alias (into_party_id);
