-- What HTTP reads: the version in force, as of the other tables of the projection.
create view revised_sale as select * from timeline_v1.revised_sale;
create view refund as select * from timeline_v1.refund;
