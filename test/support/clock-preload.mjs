// Loaded with `--import` into a server process: its clock is off by the milliseconds that the file of CLOCK_FILE says.
// SIGUSR2 has it read that again, as somebody would set the clock of the machine.
import { readFileSync } from 'node:fs';

const RealDate = Date;
let aheadMs = 0;

function read() {
  aheadMs = Number(readFileSync(process.env.CLOCK_FILE, 'utf8'));
}

const now = () => RealDate.now() + aheadMs;

globalThis.Date = new Proxy(RealDate, {
  construct: (target, values, newTarget) =>
    Reflect.construct(target, values.length === 0 ? [now()] : values, newTarget),
  apply: () => new RealDate(now()).toString(),
  get: (target, key) => (key === 'now' ? now : Reflect.get(target, key)),
});

read();
process.on('SIGUSR2', read);
