-- When it was told that the time of a subtask had passed; null again once it has another time.
alter table subtask add column overdue_at timestamptz;
