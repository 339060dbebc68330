-- options: --binlog-annotate-row-events=OFF
set timestamp = 1700000000;

create table t (id int primary key, v varchar(10));
insert into t values (1, 'a');
set binlog_annotate_row_events = on;
insert into t values (2, 'ä');
