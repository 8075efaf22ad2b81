/** The tables of 0.1.4 as its migrations leave them. */
export const TABLES = `
  CREATE TABLE peer_connections (
    id serial PRIMARY KEY,
    ip_addr varchar NOT NULL,
    peer_id varchar,
    created_at timestamp NOT NULL DEFAULT now(),
    audit boolean NOT NULL DEFAULT false,
    name varchar,
    chain varchar,
    version varchar,
    authority boolean,
    startup_time bigint,
    implementation varchar);
  CREATE TABLE tetcore_logs (
    id serial PRIMARY KEY,
    created_at timestamp NOT NULL DEFAULT now(),
    logs jsonb NOT NULL,
    peer_connection_id integer NOT NULL);
  CREATE TABLE host_systems (
    id serial PRIMARY KEY, description varchar NOT NULL, os varchar NOT NULL, cpu_qty integer NOT NULL,
    cpu_clock integer NOT NULL, ram_mb integer NOT NULL, disk_info varchar NOT NULL);
  CREATE TABLE benchmarks (
    id serial PRIMARY KEY, setup jsonb NOT NULL, created_at timestamp NOT NULL DEFAULT (now() AT TIME ZONE 'utc'));
  CREATE TABLE benchmark_events (
    id serial PRIMARY KEY, benchmark_id integer NOT NULL REFERENCES benchmarks (id), name varchar NOT NULL,
    phase varchar NOT NULL, created_at timestamp NOT NULL DEFAULT (now() AT TIME ZONE 'utc'))`;

/** Its indexes and its foreign key: made when the tables are full, which takes less time and leaves them denser. */
export const INDEXES = [
  'CREATE INDEX peer_connections_peer_id_idx ON peer_connections (peer_id)',
  "CREATE INDEX tetcore_logs_msg_type_idx ON tetcore_logs ((logs->>'msg'))",
  "CREATE INDEX tetcore_logs_created_at_msg_idx ON tetcore_logs (created_at, (logs->>'msg'))",
  `CREATE INDEX tetcore_logs_peerset_nodes_idx
     ON tetcore_logs USING gin ((logs->'state'->'peerset'->'nodes') jsonb_path_ops)`,
  'ALTER TABLE tetcore_logs ADD FOREIGN KEY (peer_connection_id) REFERENCES peer_connections (id)',
];
