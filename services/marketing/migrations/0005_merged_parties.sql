-- Reading a party finds what came to those that it was merged with.
create index party_by_survivor on party (merged_into) where merged_into is not null;
