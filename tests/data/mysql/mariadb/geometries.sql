-- options: --binlog-row-metadata=FULL
set timestamp = 1700000000;

create table t (id int primary key, g geometry, p point, l linestring, pg polygon, mp multipoint, ml multilinestring,
  mpg multipolygon, gc geometrycollection, txt text);
insert into t values
  (1, point(1, 2), point(-1.5, 1e300), st_geomfromtext('linestring(0 0, 1 1)'),
   st_geomfromtext('polygon((0 0, 4 0, 4 4, 0 0))'), st_geomfromtext('multipoint(1 1, 2 2)'),
   st_geomfromtext('multilinestring((0 0, 1 1), (2 2, 3 3))'),
   st_geomfromtext('multipolygon(((0 0, 1 0, 1 1, 0 0)))'),
   st_geomfromtext('geometrycollection(point(1 1), linestring(0 0, 1 1))'), 'ä'),
  (2, st_geomfromtext('point(10 20)', 4326), null, null, null, null, null, null, null, null),
  (3, null, null, null, null, null, null, null, null, null);
select id, hex(g), hex(p), hex(l), hex(pg), hex(mp), hex(ml), hex(mpg), hex(gc), txt from t order by id;
