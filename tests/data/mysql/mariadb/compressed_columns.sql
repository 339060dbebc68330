-- options: --binlog-row-metadata=FULL
set timestamp = 1700000000;

create table t (id int primary key, tt tinytext compressed, x text compressed, mt mediumtext compressed, lb longblob compressed,
  v varchar(1000) compressed, vb varbinary(1000) compressed, after_ varchar(5) character set latin1);
insert into t values (1, '', '', '', '', '', '', 'é'), (2, 'plain', 'plain', 'plain', x'00ff', 'plain', x'00', 'a'),
  (3, repeat('a', 200), repeat('b', 1000), repeat('c', 70000), repeat(x'ff', 300), repeat('ä', 900), repeat(x'01', 1000), 'b'),
  (4, null, null, null, null, null, null, null);
set global column_compression_zlib_wrap = on;
set column_compression_zlib_wrap = on;
insert into t values (5, repeat('a', 200), repeat('b', 1000), repeat('c', 70000), repeat(x'ff', 300), repeat('d', 900),
  repeat(x'01', 1000), 'c');
select id, tt, length(x), length(mt), hex(lb), length(v), length(vb), after_ from t order by id;
