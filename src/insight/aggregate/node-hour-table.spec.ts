import { describe, expect, it } from 'vitest';
import { keptBytes } from '../../../test/support/kept-bytes.js';
import { NodeHourTable } from './node-hour-table.js';

describe('NodeHourTable', () => {
  it('can be stored and continued after any addition', () => {
    const add = (table: NodeHourTable, step: number): void => {
      const node = 1 + (step % 40);
      table.add(node, 'minutes', 1);
      table.addMinute(node, 'peers', step);
      table.addMinute(node, 'lag', step % 3);
      table.addDelay(node, step % 24);
      if (step % 7 === 0) table.set(node, 'peersMax', step);
      if (step % 11 === 0) table.set(node, 'clockOffsetUs', 5 - step);
    };
    const whole = new NodeHourTable();
    let continued = new NodeHourTable();
    for (let step = 0; step < 400; step += 1) {
      add(whole, step);
      add(continued, step);
      const restored = new NodeHourTable();
      for (const row of continued.rows()) restored.restore(row);
      continued = restored;
    }
    expect(continued.rows()).toEqual(whole.rows());
    expect(whole.rows()).toHaveLength(40);
    expect(whole.rows()[0]).toMatchObject({ node: 1, minutes: 10, arrived: 0, clockOffsetUs: 5 });
  });

  it('takes 400 bytes a node at most', () => {
    const nodes = 20_000;
    const bytes = keptBytes(3, () => {
      const table = new NodeHourTable();
      for (let node = 0; node < nodes; node += 1) table.add(node, 'minutes', 1);
      return table;
    });
    expect(bytes / nodes).toBeLessThan(400);
  });
});
