// Small charts over time as SVG: lines, stacked bars and lanes. Coordinates are whole pixels, so that files stay small.

const WIDTH = 760;
const LEFT = 56;
const RIGHT = 8;
const TOP = 28;
const AXIS = 24;

const escaped = (text) => String(text).replace(/[&<>"]/g, (one) => `&#${one.charCodeAt(0)};`);
const text = (x, y, content, anchor = 'start') =>
  `<text x="${x}" y="${y}" text-anchor="${anchor}">${escaped(content)}</text>`;
const rect = (x, y, width, height, fill) =>
  `<rect x="${x}" y="${y}" width="${Math.max(width, 1)}" height="${height}" fill="${fill}"/>`;

/** The colour of what the servers did not see. */
export const UNSEEN = 'url(#unseen)';
const HATCH =
  '<pattern id="unseen" width="6" height="6" patternUnits="userSpaceOnUse" patternTransform="rotate(45)">' +
  '<rect width="6" height="6" fill="#eee"/><rect width="2" height="6" fill="#bbb"/></pattern>';

/** A chart with an axis of time from `from` to `to`, in milliseconds since the epoch, or of categories. */
export class Chart {
  #parts = [];
  #legend = LEFT;

  constructor({ from = 0, to = 1, height = 150 }) {
    Object.assign(this, { from, to, height, bottom: TOP + height });
  }

  x(time) {
    const at = Math.min(Math.max(time, this.from), this.to);
    return Math.round(LEFT + ((at - this.from) / (this.to - this.from)) * (WIDTH - LEFT - RIGHT));
  }

  /** A name and its colour, above the chart. */
  legend(name, colour) {
    this.#parts.push(rect(this.#legend, 8, 10, 10, colour), text(this.#legend + 14, 17, name));
    this.#legend += 30 + name.length * 7;
  }

  /** Marks of the vertical axis, at values between 0 and 1 of its height. */
  marks(marks) {
    for (const [share, label] of marks) {
      const y = this.#y(share);
      this.#parts.push(
        `<path d="M${LEFT} ${y}H${WIDTH - RIGHT}" stroke="#ddd"/>`,
        text(LEFT - 6, y + 4, label, 'end'),
      );
    }
  }

  /** A full hour below each of its marks, in UTC. */
  hours() {
    const hour = 3_600_000;
    for (let at = Math.ceil(this.from / hour) * hour; at <= this.to; at += hour) {
      const x = this.x(at);
      this.#parts.push(
        `<path d="M${x} ${this.bottom}v4" stroke="#888"/>`,
        text(x, this.bottom + 16, new Date(at).toISOString().slice(11, 16), 'middle'),
      );
    }
  }

  /** Behind the whole height, from a time to a time. */
  shade(from, to, fill) {
    const x = this.x(from);
    this.#parts.push(rect(x, TOP, this.x(to) - x, this.height, fill));
  }

  /** Points [time, share of the height or null]. Nulls interrupt the line; points on a straight line are left out. */
  line(points, colour) {
    let path = '';
    let last = [];
    const drawn = points.map(([time, share]) => [this.x(time), share === null ? null : this.#y(share)]);
    for (const [index, [x, y]] of drawn.entries()) {
      if (y === null) last = [];
      else if (last.length === 0) path += `M${x} ${y}`;
      else if (y !== last[1] || drawn[index + 1]?.[1] !== y) path += `L${x} ${y}`;
      if (y !== null) last = [x, y];
    }
    this.#parts.push(`<path d="${path}" fill="none" stroke="${colour}" stroke-width="1.5"/>`);
  }

  /** Bars side by side from `from` to `to`, each of parts [share of the height, colour] upon each other. */
  bar(from, to, parts) {
    let below = 0;
    for (const [share, colour] of parts) {
      const [top, foot] = [this.#y(below + share), this.#y(below)];
      if (foot > top)
        this.#parts.push(rect(this.x(from), top, this.x(to) - this.x(from) - 1, foot - top, colour));
      below += share;
    }
  }

  /** A part of a lane: of `count` lanes from the top. */
  lane(index, count, [from, to], colour) {
    const step = this.height / count;
    const [x, y] = [this.x(from), Math.round(TOP + index * step + 1)];
    this.#parts.push(rect(x, y, this.x(to) - x, Math.max(Math.round(step) - 2, 2), colour));
  }

  /** A label below the axis, at a place of it. */
  label(at, content) {
    this.#parts.push(text(this.x(at), this.bottom + 16, content, 'middle'));
  }

  /** @param title is read by screen readers */
  svg(title) {
    const height = this.bottom + AXIS;
    return [
      `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${height}" font-family="sans-serif" font-size="12">`,
      `<title>${escaped(title)}</title><defs>${HATCH}</defs><rect width="100%" height="100%" fill="#fff"/>`,
      ...this.#parts,
      `<path d="M${LEFT} ${this.bottom}H${WIDTH - RIGHT}" stroke="#888"/></svg>`,
      '',
    ].join('\n');
  }

  #y(share) {
    return Math.round(this.bottom - Math.min(Math.max(share, 0), 1) * this.height);
  }
}
