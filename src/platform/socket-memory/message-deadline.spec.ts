import { expect, it } from 'vitest';
import { MessageDeadline } from './message-deadline.js';

/** Seconds after which a message that grows by so many bytes a second is given up; undefined within an hour. */
function givenUpAfterS(bytesPerS: number, deadline = new MessageDeadline()): number | undefined {
  for (let second = 0; second < 3_600; second += 1) {
    if (deadline.isOver({ begun: 1, unfinished: 1 + second * bytesPerS }, 1_000)) return second;
  }
  return undefined;
}

it('a message that does not go on has 30 s, and one that comes slowly has more', () => {
  expect(givenUpAfterS(0)).toBe(31);
  expect(givenUpAfterS(1)).toBe(31);
  expect(givenUpAfterS(2_048)).toBe(61);
});

it('a message of 512 KiB may come at 4 KiB a second', () => {
  expect(givenUpAfterS(4_096)).toBeUndefined();
});

it('each message has its own time, and none passes between messages', () => {
  const deadline = new MessageDeadline();
  for (let begun = 1; begun < 100; begun += 1) {
    expect(deadline.isOver({ begun, unfinished: 5 }, 20_000)).toBe(false);
    expect(deadline.isOver({ begun, unfinished: 5 }, 20_000)).toBe(false);
    expect(deadline.isOver({ begun, unfinished: 0 }, 20_000)).toBe(false);
  }
  expect(deadline.isOver({ begun: 100, unfinished: 5 }, 0)).toBe(false);
  expect(deadline.isOver({ begun: 100, unfinished: 5 }, 31_000)).toBe(true);
});
