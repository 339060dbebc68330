-- options: --binlog-checksum=NONE --binlog-row-metadata=FULL
set timestamp = 1700000000;

create table t (id int primary key, v varchar(10));
insert into t values (1, 'a'), (2, 'b');
update t set v = 'c' where id = 1;
delete from t where id = 2;
