-- What waits for sales of a party that is erased loses its words.
create index waiting_revision_party on waiting_revision (party_id);
