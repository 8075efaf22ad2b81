/** A scenario cannot be used; the message names the field, what it is and what it takes. */
export class ScenarioError extends Error {
  override readonly name = 'ScenarioError';

  constructor(
    /** Where it is in the scenario, such as `chains[0].slotSeconds`. */
    readonly field: string,
    readonly problem: string,
  ) {
    super(`${field} ${problem}.`);
  }
}
