-- options: --binlog-row-metadata=FULL
set timestamp = 1700000000;

create table t (id int primary key, c char(4), c255 char(255) character set utf8mb4, v varchar(10),
  v300 varchar(300) character set latin1, b binary(4), b255 binary(255), vb varbinary(10), vb300 varbinary(300),
  tt tinytext, x text, mt mediumtext, lt longtext, tb tinyblob, bl blob, mb mediumblob, lb longblob);
insert into t values
  (1, '', '', '', '', '', '', '', '', '', '', '', '', '', '', '', ''),
  (2, 'ab  ', 'Käse 🧀', '  x  ', repeat('x', 300), x'0100', repeat(x'ff', 255), x'0000', repeat(x'00', 300),
   'tiny', 'text "quoted" \\ \n\t\0end', 'medium', 'long ☃', x'00', x'00ff', x'000102', x'ff00'),
  (3, 'äöü€', repeat('€', 255), '🧀🧀🧀🧀🧀🧀🧀🧀🧀🧀', 'é€', x'20202020', x'20', x'2020', x'20',
   repeat('y', 255), repeat('z', 256), 'm', 'l', repeat(x'01', 255), repeat(x'02', 256), x'', x''),
  (4, null, null, null, null, null, null, null, null, null, null, null, null, null, null, null, null);
select id, c, c255, v, v300, hex(b), hex(b255), hex(vb), hex(vb300), tt, x, mt, lt, hex(tb), hex(bl), hex(mb), hex(lb)
  from t order by id;
