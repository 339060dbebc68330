-- options: --binlog-row-metadata=FULL
set timestamp = 1700000000;

create table t (i int unsigned, y year, b bit(3), f float unsigned, d decimal(5,2), vec vector(3), 
  c char(5) character set latin1, v varchar(20) character set utf8mb4 collate utf8mb4_bin, bl blob, g geometry, p point,
  j json, x text character set ucs2, e enum('a','b') character set latin1, s set('c','d') character set utf8mb4,
  e2 enum('ü') character set latin1, bi bigint, ti tinyint unsigned, inv int invisible, gen bigint as (i + 1) stored,
  primary key (v(5), i), key (c)) default character set latin1;
insert into t (i, y, b, f, d, vec, c, v, bl, g, p, j, x, e, s, e2, bi, ti, inv) values
  (4294967295, 2024, b'101', 1.5, -1.25, string_to_vector('[1,2,3]'), 'é', 'v', x'00', point(1, 2), point(3, 4), '{"a": 1}', 'ü', 'b', 'c,d', 'ü',
   -1, 255, 9);
create table one_charset (id int auto_increment primary key, a varchar(5), b text, c char(3)) default character set utf8mb4;
insert into one_charset values (1, 'a', 'b', 'c');
create table mixed_charset (id int, a varchar(5), b text, c char(3) character set latin1, d varchar(300) character set utf8mb3,
  primary key (a, id)) default character set utf8mb4;
insert into mixed_charset values (1, 'a', 'b', 'é', 'd');
create table no_key (a int, b int);
insert into no_key values (1, -1);
