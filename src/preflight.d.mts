export function nodeProblem(version?: string, range?: string): string | undefined;
export function logsJson(): boolean;
export function earlyLine(level: 'fatal' | 'error' | 'warn', message: string): string;
export function missingPeer(message: string, peers?: Record<string, string>): string | undefined;
export function failEarly(error: unknown): never;
export function requireSupportedNode(): void;
