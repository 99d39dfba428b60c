-- The 360 view shows the last ten messages of a party: without this it read all of them, as many as there ever were, for half
-- of what its statement took.
create index message_by_due on timeline_v1.message (party_id, due_at, message_id);
