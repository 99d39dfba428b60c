-- The same index as party_merged_into: every party that is merged was written into both.
drop index party_of_survivor;
