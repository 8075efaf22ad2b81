/**
 * The advisory locks of the database, each a number that nobody else takes: four letters in ASCII. A team takes its
 * own from elsewhere.
 */
export enum AdvisoryLock {
  /** "tetc": partitions are being made. */
  Partitions = 0x74657463,
  /** "migr": the schema is being brought up to date, or the role of dashboards made. */
  Migrations = 0x6d696772,
  /** "purg": what has expired is being removed. */
  Purge = 0x70757267,
  /** "regi": the registry of chains and nodes is being brought up to date. */
  Registry = 0x72656769,
  /** "impt": a database of 0.1.4 is being brought over; with the hash of its source as the second number. */
  Import = 0x696d7074,
}
