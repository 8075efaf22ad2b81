/**
 * The advisory locks of the server, as unique numbers: four letters in ASCII.
 */
export enum AdvisoryLock {
  /** "tetc": held while partitions are created. */
  Partitions = 0x74657463,
  /** "migr": held by migrations, and while the read-only role is set up. */
  Migrations = 0x6d696772,
  /** "purg": held by a purge. */
  Purge = 0x70757267,
  /** "regi": held while the registry of chains and nodes is updated. */
  Registry = 0x72656769,
  /** "insi": held while statistics of the past are computed again. */
  InsightRebuild = 0x696e7369,
  /** "repu": held while the runs of reported reputations are written. */
  Reports = 0x72657075,
  /** "impt": held by an import; the second number is the hash of the source. */
  Import = 0x696d7074,
  /** "sess": held while the connections of nodes are written to `insight_sessions`. */
  Sessions = 0x73657373,
}
