-- options: --gtid-mode=OFF --enforce-gtid-consistency=OFF
set timestamp = 1700000000;

create table t (id int primary key, v varchar(10));
insert into t values (1, 'a');
