-- options: --binlog-row-metadata=FULL
set timestamp = 1700000000;

create table t (id int primary key, j json);
insert into t values (1, 'null'), (2, 'true'), (3, 'false'), (4, null), (5, '{}'), (6, '[]'), (7, '""'), (8, '"ä🧀\\n\\""'),
  (10, '0'), (11, '-1'), (12, '32767'), (13, '-32768'), (14, '32768'), (15, '65535'), (16, '65536'),
  (17, '2147483647'), (18, '-2147483648'), (19, '2147483648'), (20, '4294967295'), (21, '4294967296'),
  (22, '9223372036854775807'), (23, '-9223372036854775808'), (24, '18446744073709551615'),
  (30, '1.5'), (31, '1.0'), (32, '1e300'), (33, '-0.0'), (34, '0.1'), (35, '1e-7'), (36, '123456789012345678901234567890'),
  (40, '{"b": 1, "aa": [1, "x", {"c": null}], "a": {"": true}, "": 1}'),
  (41, '[0, -1, 32768, 65536, 4294967296, 1.5, "s", null, true, false, [], {}]'),
  (42, json_array(cast('2024-02-29' as date), cast('-838:59:59' as time), cast('10:11:12.000001' as time(6)),
       cast('2024-02-29 23:59:59.123456' as datetime(6)), timestamp'2024-01-01 00:00:00')),
  (43, json_array(cast(12.50 as decimal(10,2)), cast(-99999999999999999999.123456789 as decimal(40,9)), 0.0)),
  (44, json_array(x'00ff', b'101', cast('abc' as binary), point(1, 2), cast('2024' as year))),
  (45, json_quote(repeat('k', 127))), (46, json_quote(repeat('k', 128))), (47, cast('"x"' as json)),
  (48, json_object(repeat('k', 300), 1)),
  (49, '[[[[[[[[[[[[[[[[[[[[1]]]]]]]]]]]]]]]]]]]]'), (50, '"\\u0000\\u001f\\u007f\\u2028/"');
create table src (bl blob, bt bit(10), y year, ts timestamp(3), dt datetime, tm time(2), d date, de decimal(5,1), f float,
  e enum('x'), g point, bi bigint unsigned, vb varbinary(5), ch char(3) character set latin1);
insert into src values (x'00ff', b'1000000001', 2024, '2024-01-02 03:04:05.678', '2024-01-02 03:04:05', '-01:02:03.45',
  '2024-01-02', -1.5, 0.1, 'x', point(1, 2), 18446744073709551615, x'01', 'é');
insert into t select 60, json_array(bl, bt, y, ts, dt, tm, d, de, f, e, g, bi, vb, ch) from src;
select id, j from t order by id;
