-- options: --binlog-row-metadata=FULL
set timestamp = 1700000000;

create table t (id int primary key, v varchar(10));
insert into t values (1, 'a');
flush binary logs;
insert into t values (2, 'b');
flush binary logs;
flush binary logs;
insert into t values (3, 'c');
