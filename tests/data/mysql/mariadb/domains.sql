-- options: --binlog-row-metadata=FULL
set timestamp = 1700000000;

create table t (id int primary key);
insert into t values (1);
set gtid_domain_id = 1;
insert into t values (2);
set gtid_domain_id = 4294967295;
set server_id = 4294967295;
insert into t values (3);
set gtid_domain_id = 0, server_id = 10;
set gtid_seq_no = 18446744073709551000;
insert into t values (4);
flush binary logs;
insert into t values (5);
select @@gtid_binlog_pos;
