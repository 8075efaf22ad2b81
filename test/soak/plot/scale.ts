/** An axis from 0 to a round number that is not less than what is shown. */
export interface Scale {
  most: number;
  ticks: number[];
}

const STEPS = [1, 2, 2.5, 5, 10];

/** @param parts about how many parts the axis is to have */
export function scaleTo(highest: number, parts: number): Scale {
  const rough = (highest > 0 ? highest : 1) / parts;
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = (STEPS.find((candidate) => candidate * power >= rough) ?? 10) * power;
  const count = Math.max(1, Math.ceil((highest > 0 ? highest : 1) / step));
  const ticks = Array.from({ length: count + 1 }, (_, index) => Number((index * step).toPrecision(12)));
  return { most: count * step, ticks };
}
