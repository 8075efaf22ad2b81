export type Level = 'ok' | 'warning' | 'problem';

/** What a check has found. */
export interface Finding {
  level: Level;
  /** A sentence. */
  message: string;
  /** What to do about it. */
  advice?: string;
}

export function ok(message: string): Finding {
  return { level: 'ok', message };
}

/** Something that may be meant so, or may become a problem. */
export function warning(message: string, advice: string): Finding {
  return { level: 'warning', message, advice };
}

/** Something with which a server does not work, or loses what it need not. */
export function problem(message: string, advice: string): Finding {
  return { level: 'problem', message, advice };
}
