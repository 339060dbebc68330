-- options: --binlog-row-metadata=FULL
set timestamp = 1700000000;

create table t (id int primary key, t tinyint, tu tinyint unsigned, s smallint, su smallint unsigned,
  m mediumint, mu mediumint unsigned, i int, iu int unsigned, b bigint, bu bigint unsigned,
  y year, b1 bit(1), b10 bit(10), b64 bit(64));
insert into t values
  (1, -128, 0, -32768, 0, -8388608, 0, -2147483648, 0, -9223372036854775808, 0, 1901, b'0', b'0', b'0'),
  (2, 127, 255, 32767, 65535, 8388607, 16777215, 2147483647, 4294967295, 9223372036854775807,
   18446744073709551615, 2155, b'1', b'1111111111', 0xffffffffffffffff),
  (3, 0, 1, 0, 1, 0, 1, 0, 1, 0, 1, 0, b'1', b'1000000001', 0x0102030405060708),
  (4, -1, 128, -1, 32768, -1, 8388608, -1, 2147483648, -1, 9223372036854775808, 2023, b'1', b'10', 1),
  (5, null, null, null, null, null, null, null, null, null, null, null, null, null, null);
update t set i = i + 1 where id = 3;
delete from t where id = 4;
select id, t, tu, s, su, m, mu, i, iu, b, bu, y, hex(b1), hex(b10), hex(b64) from t order by id;
