-- options: --binlog-row-metadata=FULL --binlog-rows-query-log-events=ON
set timestamp = 1700000000;

create table t (id int primary key, v text, j json);
create table u (id int primary key, v int);
set binlog_transaction_compression = on;
insert into t values (1, repeat('abc', 100), '{"a": 1}'), (2, repeat('x', 1000), null);
start transaction;
update t set v = 'new' where id = 1;
insert into u values (1, 1), (2, 2), (3, 3);
delete from t where id = 2;
commit;
alter table u add column w int;
set binlog_transaction_compression_level_zstd = 22;
insert into t select 100 + n, repeat('long', 5000), null from
  (select 1 n union select 2 union select 3 union select 4) q;
set binlog_transaction_compression = off;
insert into u values (10, 10, 10);
set binlog_transaction_compression = on, binlog_row_value_options = 'PARTIAL_JSON';
update t set j = json_set(j, '$.a', 2) where id = 1;
xa start 'x';
insert into u values (11, 1, 1);
xa end 'x';
xa prepare 'x';
xa commit 'x';
