-- Tickets of a time are found by when they were taken in.
create index ticket_recorded on ticket (recorded_at);
