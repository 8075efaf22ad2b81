import { describe, expect, it } from 'vitest';
import { readProjectFile } from '../../support/markdown.js';
import { quickRules, rulesWithBounds } from './quick-rules.js';

const QUICK = { factor: 600, leastRange: 5, leastFor: 1 };
const rules = readProjectFile('monitoring/prometheus/rules.yml');
const durations = /^ +(?:keep_firing_)?for: \w+$|\[\w+\]|offset \w+/gm;

describe('rules with shorter durations', () => {
  it('are shortened to the minimum of a rate', () => {
    const text = `
      - record: job:x:rate5m
        expr: rate(x_5m{le="5m"}[5m]) > 5 and max_over_time(y[6d] offset 1d) > 300
        for: 1h
      - alert: X
        for: 2m
        keep_firing_for: 30m
        summary: for 2m, [5 m]`;
    expect(quickRules(text, QUICK)).toBe(`
      - record: job:x:rate5m
        expr: rate(x_5m{le="5m"}[5s]) > 5 and max_over_time(y[864s] offset 144s) > 300
        for: 6s
      - alert: X
        for: 1s
        keep_firing_for: 3s
        summary: for 2m, [5 m]`);
    expect(() => quickRules(' for: 1h30m', QUICK)).toThrow('1h30m');
  });

  it('are otherwise the rules of the file', () => {
    const quick = quickRules(rules, QUICK);
    expect(quick.replace(durations, '')).toBe(rules.replace(durations, ''));
    expect(quick.match(durations)?.length).toBe(rules.match(durations)?.length);
    expect(quick.match(durations)?.every((each) => /\d+s\]?$/.test(each))).toBe(true);
    // A duration that is written in another way would stay as it is.
    expect(rules).not.toMatch(/\[[^\]]*:[^\]]*\]|@ /);
  });

  it('may change the limits of the file only', () => {
    const text = rulesWithBounds(rules, { registry_age_seconds: 10, database_growth_bytes: 2 ** 24 });
    expect(text).toMatch(/record: tetcore:registry_age_seconds:bound\n +expr: vector\(10\)\n/);
    expect(text).toMatch(/record: tetcore:database_growth_bytes:bound\n +expr: vector\(16777216\)\n/);
    expect(text.replace(/vector\(.*\)/g, '')).toBe(rules.replace(/vector\(.*\)/g, ''));
    expect(() => rulesWithBounds(rules, { socket: 10 })).toThrow('no bound socket');
  });
});
