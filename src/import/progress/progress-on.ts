import type { WriteStream } from 'node:tty';
import { Presets, SingleBar } from 'cli-progress';
import type { ImportProgress } from '../import-options.js';

const LINE_EVERY_MS = 5_000;

/** Draws a bar on a terminal; writes a line every few seconds elsewhere. */
export function progressOn(stream: NodeJS.WritableStream): ImportProgress {
  return (stream as Partial<WriteStream>).isTTY === true ? new Bar(stream) : new Lines(stream);
}

/** Of one table: rows that came over, and how fast. */
class Pace {
  rows = 0;
  ids = 0;
  private readonly startedAt = performance.now();

  constructor(
    readonly table: string,
    readonly total: number,
  ) {}

  advance(ids: number, rows: number): void {
    this.ids += ids;
    this.rows += rows;
  }

  /** Rows a second. */
  get rate(): number {
    return Math.round(this.rows / this.seconds);
  }

  /** How long the rest takes at this pace. */
  get left(): string {
    if (this.ids === 0) return 'unknown';
    const seconds = Math.round((this.seconds / this.ids) * (this.total - this.ids));
    const [hours, minutes] = [Math.floor(seconds / 3600), Math.floor((seconds % 3600) / 60)];
    if (hours > 0) return `${hours} h ${minutes} min`;
    return minutes > 0 ? `${minutes} min ${seconds % 60} s` : `${seconds} s`;
  }

  private get seconds(): number {
    return Math.max(performance.now() - this.startedAt, 1) / 1000;
  }
}

class Bar implements ImportProgress {
  private bar: SingleBar | undefined;
  private pace: Pace | undefined;

  constructor(private readonly stream: NodeJS.WritableStream) {}

  begin(table: string, ids: number): void {
    this.end();
    this.pace = new Pace(table, ids);
    this.bar = new SingleBar(
      {
        stream: this.stream,
        format: '{table} {bar} {percentage} %  {rows} rows  {rate} rows/s  {left} left',
        hideCursor: true,
        // Whoever stops us is told so after the rows that are under way.
        gracefulExit: false,
      },
      Presets.shades_classic,
    );
    this.bar.start(ids, 0, this.shown(this.pace));
  }

  advance(ids: number, rows: number): void {
    if (this.pace === undefined) return;
    this.pace.advance(ids, rows);
    this.bar?.update(this.pace.ids, this.shown(this.pace));
  }

  say(what: string): void {
    this.end();
    this.stream.write(`${what}\n`);
  }

  end(): void {
    this.bar?.stop();
    this.bar = undefined;
  }

  private shown({ table, rows, rate, left }: Pace) {
    return { table, rows: rows.toLocaleString('en-US'), rate: rate.toLocaleString('en-US'), left };
  }
}

class Lines implements ImportProgress {
  private pace: Pace | undefined;
  private timer: NodeJS.Timeout | undefined;

  constructor(private readonly stream: NodeJS.WritableStream) {}

  begin(table: string, ids: number): void {
    this.end();
    const pace = new Pace(table, ids);
    this.pace = pace;
    this.timer = setInterval(() => {
      const percent = Math.floor((100 * pace.ids) / pace.total);
      const { rows, rate, left } = pace;
      this.say(`${table}: ${percent} %, ${rows} rows (${rate}/s), ${left} left`);
    }, LINE_EVERY_MS);
  }

  advance(ids: number, rows: number): void {
    this.pace?.advance(ids, rows);
  }

  say(what: string): void {
    this.stream.write(`${what}\n`);
  }

  end(): void {
    clearInterval(this.timer);
    if (this.pace !== undefined) {
      const { table, rows, rate } = this.pace;
      this.say(`${table}: ${rows} rows imported (${rate}/s)`);
    }
    this.pace = undefined;
  }
}
