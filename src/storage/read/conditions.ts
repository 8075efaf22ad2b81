/** Collects SQL conditions and the values of their parameters. */
export class Conditions {
  readonly parameters: unknown[] = [];
  private readonly conditions: string[] = [];

  /** Adds a parameter. @returns its placeholder: `$1` */
  parameter(value: unknown): string {
    return `$${this.parameters.push(value).toString()}`;
  }

  add(condition: string): void {
    this.conditions.push(condition);
  }

  get sql(): string {
    return this.conditions.join(' AND ');
  }

  /** With `WHERE`; empty without conditions. */
  get where(): string {
    return this.conditions.length === 0 ? '' : ` WHERE ${this.sql}`;
  }
}
