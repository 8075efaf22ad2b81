import { expect, it } from 'vitest';
import { entriesOf, printable } from './log-text.js';

it('escapes characters that end a line, control a terminal or reverse text, and no others', () => {
  expect(printable('a\r\nb\tc\u001b[2J\u0000\u007f\u009b\u0085')).toBe(
    String.raw`a\r\nb\tc\u001b[2J\u0000\u007f\u009b\u0085`,
  );
  expect(printable('\u202egnp\u2066\u2069\u200e\u200f\u061c\u2028\u2029')).toBe(
    String.raw`\u202egnp\u2066\u2069\u200e\u200f\u061c\u2028\u2029`,
  );
  const harmless = 'Zoë 😀 👩‍👩‍👧 \\ "quoted" \u00a0 日本';
  expect(printable(harmless)).toBe(harmless);
});

it('escapes each of them', () => {
  const bad = Array.from({ length: 0x3000 }, (_, code) => String.fromCharCode(code)).filter((character) =>
    /[\p{Cc}\p{Zl}\p{Zp}\p{Bidi_Control}]/u.test(character),
  );
  expect(bad).toHaveLength(65 + 2 + 12);
  for (const character of bad) expect(printable(character)).toMatch(/^\\(?:u[0-9a-f]{4}|[nrt])$/);
});

it('keeps the line breaks of a stack only', () => {
  const stack =
    'Error: two\nlines\r\n    at call (file:///x.js:1:2)\n    at async run (file:///x.js:3:4)\n at x';
  expect(printable(stack)).toBe(
    'Error: two\\nlines\\r\n    at call (file:///x.js:1:2)\n    at async run (file:///x.js:3:4)\\n at x',
  );
  expect(entriesOf(stack)).toEqual([
    'Error: two',
    'lines\r\n    at call (file:///x.js:1:2)\n    at async run (file:///x.js:3:4)',
    ' at x',
  ]);
});

it('keeps JSON equivalent', () => {
  const value = { text: '\u0000\n\u001b\u007f\u009b\u2028\u202e"\\', list: [1] };
  const text = printable(JSON.stringify(value));
  expect(JSON.parse(text)).toEqual(value);
  expect(text).toMatch(/^[ -~]+$/);
});
