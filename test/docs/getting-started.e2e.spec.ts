import { describe, expect, it } from 'vitest';
import { parseSimulateOptions } from '../../src/simulator/index.js';
import { readProjectFile } from '../support/markdown.js';

const page = readProjectFile('docs/getting-started.md');

describe('docs/getting-started.md', () => {
  it('contains a valid simulate command', () => {
    const [, options = ''] = /^npm run simulate -- (.+)$/m.exec(page) ?? [];
    expect(parseSimulateOptions(options.split(' '), Date.now())).toMatchObject({
      url: 'ws://127.0.0.1:8080',
    });
  });

  it('quotes the ready line', () => {
    const [ready = ''] = /^Ready\. .*$/m.exec(page) ?? [];
    const source = readProjectFile('src/server/run.ts').replaceAll('${at}', '127.0.0.1:8080');
    expect(ready).not.toBe('');
    expect(source).toContain(`\`${ready}\``);
  });
});
