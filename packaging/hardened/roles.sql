-- Three roles of PostgreSQL and a database: one owns and upgrades the tables, one serves, one delivers and tends.
-- Run once as a superuser: sudo -u postgres psql -v ON_ERROR_STOP=1 < roles.sql
-- Then give each role its password, which psql sends as a digest: \password vestibule_owner, \password idp_serving, \password idp_worker
CREATE ROLE vestibule_owner LOGIN;
CREATE ROLE idp_serving LOGIN;
CREATE ROLE idp_worker LOGIN;

CREATE DATABASE vestibule OWNER vestibule_owner ENCODING 'UTF8' TEMPLATE template0;
REVOKE ALL ON DATABASE vestibule FROM PUBLIC;
GRANT CONNECT ON DATABASE vestibule TO idp_serving, idp_worker;

-- Nobody but the owner makes anything, and nothing is found that somebody else put in front.
\connect vestibule
ALTER SCHEMA public OWNER TO vestibule_owner;
REVOKE ALL ON SCHEMA public FROM PUBLIC;
ALTER ROLE idp_serving IN DATABASE vestibule SET search_path = public;
ALTER ROLE idp_worker IN DATABASE vestibule SET search_path = public;

-- Nothing waits indefinitely, behind a pooler too.
ALTER ROLE idp_serving IN DATABASE vestibule SET lock_timeout = '5s';
ALTER ROLE idp_serving IN DATABASE vestibule SET statement_timeout = '30s';
ALTER ROLE idp_serving IN DATABASE vestibule SET idle_in_transaction_session_timeout = '60s';
ALTER ROLE idp_worker IN DATABASE vestibule SET lock_timeout = '5s';
ALTER ROLE idp_worker IN DATABASE vestibule SET idle_in_transaction_session_timeout = '60s';
