import type { CallTime } from './call-times.js';

/** Reads a `tracing.profiling` message or an aggregate; undefined without a valid time. */
export function readCall(createdAt: string, row: Readonly<Record<string, unknown>>): CallTime | undefined {
  const at = Date.parse(createdAt) / 1000;
  const { time } = row;
  // Nodes with the flat envelope send a string.
  const ns = typeof time === 'string' && time.trim() !== '' ? Number(time) : time;
  if (typeof ns !== 'number' || !Number.isFinite(ns) || Number.isNaN(at)) return undefined;
  return { at, ns, name: text(row.name), target: text(row.target) };
}

function text(value: unknown): string {
  if (value === undefined || value === null) return '';
  return typeof value === 'string' ? value : JSON.stringify(value);
}
