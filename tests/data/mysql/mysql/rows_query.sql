-- options: --binlog-rows-query-log-events=ON --binlog-row-metadata=FULL
set timestamp = 1700000000;

create table t (id int primary key, v varchar(10));
insert into t values (1, 'ä');
update t set v = 'b';
delete from t;
