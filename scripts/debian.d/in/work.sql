create table person (id integer primary key, name text, age integer);
with recursive n(i) as (select 1 union all select i + 1 from n where i < 2000) insert into person select i, 'name' || (i * 7919 % 2000), i % 90 from n;
create index by_age on person (age, name);
begin; update person set age = age + 1 where id % 3 = 0; commit;
select age, count(*), min(name) from person group by age order by 2 desc, 1 limit 5;
begin; delete from person where id > 1000; rollback;
vacuum;
pragma integrity_check;
select count(*) from person;
