import type { MigrationInterface, QueryRunner } from 'typeorm';

/** What a year of sessions is read by: which of them changed the version of their node, and how many began and ended. */
export class SummarizeSessions1764600000000 implements MigrationInterface {
  readonly name = 'SummarizeSessions1764600000000';

  async up(runner: QueryRunner): Promise<void> {
    // Stored sessions get the default without being rewritten: few are other ones. Those of servers that do not know the
    // column count as changes, which is slower and not wrong.
    await runner.query('ALTER TABLE insight_sessions ADD COLUMN same_version boolean NOT NULL DEFAULT true');
    await runner.query('ALTER TABLE insight_sessions ALTER COLUMN same_version SET DEFAULT false');
    await runner.query(`
      UPDATE insight_sessions AS session SET same_version = false
        FROM (SELECT node_id, began_at, connection_id,
                     row_number() OVER earlier > 1
                       AND (version, implementation)
                           IS NOT DISTINCT FROM (lag(version) OVER earlier, lag(implementation) OVER earlier) AS is_same
                FROM insight_sessions
              WINDOW earlier AS (PARTITION BY node_id ORDER BY began_at, connection_id)) AS changed
       WHERE NOT is_same AND session.node_id = changed.node_id AND session.began_at = changed.began_at
         AND session.connection_id = changed.connection_id`);
    await runner.query(
      'CREATE INDEX insight_sessions_version_changes ON insight_sessions (chain_id, began_at) WHERE NOT same_version',
    );
    // Loops of restarts over a year: by the index alone, and in the order of nodes.
    await runner.query(
      'CREATE INDEX insight_sessions_node_restarts ON insight_sessions (chain_id, node_id, ended_at) WHERE restarted',
    );
    await runner.query(`
      CREATE TABLE insight_session_hours (
        hour timestamptz NOT NULL,
        chain_id integer NOT NULL,
        begins integer NOT NULL,
        ends integer NOT NULL,
        restarts integer NOT NULL,
        links_lost integer NOT NULL,
        observer_ends integer NOT NULL,
        unknown_ends integer NOT NULL,
        PRIMARY KEY (chain_id, hour)
      )`);
    await runner.query(`
      INSERT INTO insight_session_hours (hour, chain_id, begins, ends, restarts, links_lost, observer_ends, unknown_ends)
      SELECT date_bin('1 hour', at, 'epoch'), chain_id, count(*) FILTER (WHERE is_begin),
             count(*) FILTER (WHERE NOT is_begin), count(*) FILTER (WHERE cause = 'restart'),
             count(*) FILTER (WHERE cause = 'link_lost'), count(*) FILTER (WHERE cause = 'observer'),
             count(*) FILTER (WHERE NOT is_begin AND cause IS NULL)
        FROM (SELECT chain_id, began_at AS at, true AS is_begin, NULL AS cause
                FROM insight_sessions WHERE NOT beside_another
               UNION ALL
              SELECT chain_id, ended_at, false, end_cause
                FROM insight_sessions WHERE ended_at IS NOT NULL AND end_cause IS DISTINCT FROM 'handed_over') AS events
       GROUP BY 1, 2`);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('DROP TABLE insight_session_hours');
    await runner.query('DROP INDEX insight_sessions_version_changes, insight_sessions_node_restarts');
    await runner.query('ALTER TABLE insight_sessions DROP COLUMN same_version');
  }
}
