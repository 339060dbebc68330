-- options: --binlog-row-metadata=FULL
set timestamp = 1700000000;

create table t (id int primary key);
insert into t values (1);
set gtid_next = 'automatic:auto';
insert into t values (2);
insert into t values (3);
set gtid_next = '11111111-2222-3333-4444-555555555555:7';
insert into t values (4);
set gtid_next = '11111111-2222-3333-4444-555555555555:mytag:1';
insert into t values (5);
set gtid_next = '11111111-2222-3333-4444-555555555555:mytag:9223372036854775806';
insert into t values (6);
set gtid_next = '11111111-2222-3333-4444-555555555555:a2345678901234567890123456789012:3';
insert into t values (7);
set gtid_next = 'automatic';
insert into t values (8);
set original_commit_timestamp = 1600000000123456;
set gtid_next = '11111111-2222-3333-4444-555555555555:8';
insert into t values (9);
set gtid_next = '11111111-2222-3333-4444-555555555555:mytag:2';
insert into t values (10);
set gtid_next = 'automatic';
flush binary logs;
insert into t values (11);
select @@gtid_executed;
