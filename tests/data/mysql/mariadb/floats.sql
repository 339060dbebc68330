-- options: --binlog-row-metadata=FULL
set timestamp = 1700000000;

create table t (id int primary key, f float, d double, f72 float(7,2), d53 double(53,30), fu float unsigned);
insert into t values
  (1, -3.402823466e38, -1.7976931348623157e308, -99999.99, -1.5, 0),
  (2, 3.402823466e38, 1.7976931348623157e308, 99999.99, 1.5, 3.402823466e38),
  (3, 0, 0, 0, 0, 0), (4, '-0', '-0', '-0', '-0', 0),
  (5, 1.17549435e-38, 2.2250738585072014e-308, 0.01, 1e-30, 1e-45),
  (6, 1.4e-45, 4.9e-324, 0.1, 0.1, 0.1), (7, 0.1, 0.1, 1.1, 0.3, 16777216),
  (8, 1e15, 1e15, 100, 1e15, 1e14), (9, 123456.789, 123456789.123456789, 1, 1, 1e-5),
  (10, null, null, null, null, null), (11, 3, 9007199254740993, 3, 3, 3);
select id, f, d, f72, d53, fu, f + 0e0 as f_as_double from t order by id;
